"""A WebSocket over loopback, from the given client's port to the given server's.

usage: converse.py CLIENT-PORT SERVER-PORT close|end

The server says hello, sends Close 4321 "test" if asked to, and ends the connection.
"""

import base64
import hashlib
import os
import socket
import struct
import sys
import threading

CLOSE = b"\x88\x06" + struct.pack(">H", 4321) + b"test"


def serve(listener, closes):
    connection, _ = listener.accept()
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


def main():
    client_port, server_port, closes = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "close"
    listener = socket.create_server(("127.0.0.1", server_port))
    threading.Thread(target=serve, args=(listener, closes), daemon=True).start()
    client = socket.create_connection(("127.0.0.1", server_port), source_address=("127.0.0.1", client_port))
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
