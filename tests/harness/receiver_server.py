"""A receiver of webhooks that can be killed: it notes each message in a file before it answers.

Takes a port (0 for a free one) and the path of the file, and prints its port. A line a message: when it came, when it
was sent as it says itself (in whole seconds), the name of the message, its event and its key. Serves on loopback, and
ends when its standard input closes.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, path = int(sys.argv[1]), sys.argv[2]
book = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        sent = int(self.headers["webhook-timestamp"])
        line = [time.time(), sent, self.headers["webhook-id"], body["type"], body["data"]["key"]]
        # One write: a line is there as a whole or not at all.
        os.write(book, (json.dumps(line) + "\n").encode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
