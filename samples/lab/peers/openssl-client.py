"""A client that speaks through `openssl s_client`, which can do what libraries hide: new keys, and early data.

    python3 openssl-client.py ADDRESS PORT KEYLOG OPTIONS

OPTIONS is JSON: `connections`, a list that is gone through one after the other, each with a `path`, `updates` (seconds
after which it changes its own key, and asks the server to do the same) and `early` (the request is early data of a
resumed session). Prints a line of JSON for each: what the client was told.
"""

import base64
import json
import os
import pathlib
import struct
import subprocess
import sys
import threading

ADDRESS, PORT, KEYLOG, OPTIONS = sys.argv[1:]
SESSION = pathlib.Path("session.pem")
CLOSE = 8


class Connection:
    def __init__(self, options):
        self.request = (f"GET {options['path']} HTTP/1.1\r\nHost: {ADDRESS}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "User-Agent: openssl s_client\r\nSec-WebSocket-Version: 13\r\n"
                        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n").encode()
        self.early = options.get("early")
        self.updates = options.get("updates", [])
        self.report = {"path": options["path"], "code": 1006, "reason": "", "wasClean": None, "messages": 0, "bytes": 0}

    def run(self):
        command = ["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", f"{ADDRESS}:{PORT}", "-keylogfile", KEYLOG,
                   "-sess_out", SESSION]
        if self.early:
            request = pathlib.Path("request")
            request.write_bytes(self.request)
            command += ["-sess_in", SESSION, "-early_data", request]
        self.program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.early:
            self.send(self.request)
        while not self.program.stdout.readline() in (b"\r\n", b""):
            pass
        for seconds in self.updates:  # s_client takes a K at the beginning of what it reads for a command
            threading.Timer(seconds, self.send, [b"K\n"]).start()
            threading.Timer(seconds + 0.1, self.send, [frame(1, b"under a new key")]).start()
        while head := self.program.stdout.read(2):
            self.receive(head[0] & 0x0F, head[1])
        self.program.wait()
        print(json.dumps(self.report), flush=True)

    def receive(self, opcode, length):
        if length == 126:
            length = int.from_bytes(self.program.stdout.read(2), "big")
        body = self.program.stdout.read(length)
        if opcode == CLOSE:
            self.report.update(code=int.from_bytes(body[:2], "big"), reason=body[2:].decode())
            self.send(frame(CLOSE, body))
        else:
            self.report["messages"] += 1
            self.report["bytes"] += len(body)

    def send(self, data):
        self.program.stdin.write(data)
        self.program.stdin.flush()


def frame(opcode, body):
    key = os.urandom(4)
    return struct.pack("BB", 0x80 | opcode, 0x80 | len(body)) + key + bytes(a ^ key[i % 4] for i, a in enumerate(body))


for one in json.loads(OPTIONS)["connections"]:
    Connection(one).run()
