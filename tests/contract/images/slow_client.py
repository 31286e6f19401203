"""A client on the loopback of the network that it runs in; called as a program, knows no test.

slow_client.py PORT                 POST /api/todos in two halves, the second when told to
slow_client.py PORT COUNT           that many whole requests, eight at a time
slow_client.py PORT --serve         answers each POST with 201, as an upstream
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = json.dumps({"title": "Sent in two halves"}).encode()


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def in_halves(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/api/todos")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders(BODY[:10])
    say("half")
    sys.stdin.readline()
    connection.send(BODY[10:])
    say(connection.getresponse().status)


def many(port: int, count: int) -> None:
    def one(_: int) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/api/todos", BODY, {"Content-Type": "application/json"})
        return connection.getresponse().status

    with ThreadPoolExecutor(8) as pool:
        say(sorted(set(pool.map(one, range(count)))))


def upstream(port: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    say("serves")
    server.serve_forever()


if __name__ == "__main__":
    where, *more = sys.argv[1:]
    if not more:
        in_halves(int(where))
    elif more == ["--serve"]:
        upstream(int(where))
    else:
        many(int(where), int(more[0]))
