"""A WebSocket from the given client's port to the given server's.

usage: converse.py CLIENT-PORT SERVER-PORT close|end [ADDRESS serve|ask | KEY-LOG]

Both ends are on the loopback, or the server's on an address; then `serve` is it, and `ask` is the client. With a key log
they speak TLS, and write its secrets there.

The server says hello, sends Close 4321 "test" if asked to, and ends the connection.
"""

import base64
import hashlib
import os
import socket
import ssl
import struct
import sys
import threading
import time

CLOSE = b"\x88\x06" + struct.pack(">H", 4321) + b"test"


def secured(connection, key_log, is_server):
    if not key_log:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    if is_server:
        context.load_cert_chain(os.path.join(os.path.dirname(__file__), "converse.pem"))
        context.keylog_filename = key_log
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection, server_side=is_server)


def serve(listener, closes, key_log=None):
    connection = secured(listener.accept()[0], key_log, True)
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n\x81\x05hello")
    if closes:
        connection.sendall(CLOSE)
        connection.recv(100)
    connection.close()


def connect(server, client):
    """Waits a while for a server that is about to listen."""
    for _ in range(50):
        try:
            return socket.create_connection(server, source_address=client)
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit("nobody listens")


def main():
    client_port, server_port, closes = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "close"
    key_log = sys.argv[4] if len(sys.argv) == 5 else None
    address, role = sys.argv[4:6] if len(sys.argv) == 6 else ("127.0.0.1", "both")
    if role != "ask":
        listener = socket.create_server((address, server_port))
        if role == "serve":
            return serve(listener, closes)
        threading.Thread(target=serve, args=(listener, closes, key_log), daemon=True).start()
    client = connect((address, server_port), ("127.0.0.1" if role == "both" else "", client_port))
    client = secured(client, key_log, False)
    client.sendall(b"GET /live HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(os.urandom(16))
                   + b"\r\n\r\n")
    received = b""
    while chunk := client.recv(65536):
        received += chunk
        if received.endswith(CLOSE):
            client.sendall(b"\x88\x86\0\0\0\0" + CLOSE[2:])
    client.close()


main()
