"""Serves page.html on the client's loopback and prints, one a line, the reports that it posts.

    python3 page-server.py PORT
"""

import http.server
import pathlib
import sys

PAGE = pathlib.Path(__file__).with_name("page.html").read_bytes()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        is_page = self.path.startswith("/page.html")
        self.answer(200 if is_page else 404, PAGE if is_page else b"")

    def do_POST(self):
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.answer(200, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
