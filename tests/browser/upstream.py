"""A backend that fails as it is told to, for the web server in front of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Behaviour = Literal["answer", "break", "wait", "refuse"]
WAIT_S = 1.0


@dataclass
class Upstream:
    """What it does with the next requests, in order; once they are used up it answers."""

    url: str
    behaviours: list[Behaviour] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def running_upstream() -> Iterator[Upstream]:
    """Serve on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            upstream.asked.append(self.command)
            behaviour = upstream.behaviours.pop(0) if upstream.behaviours else "answer"
            if behaviour == "break":
                self.close_connection = True
                return
            if behaviour == "wait":
                time.sleep(WAIT_S)
            self.send_response(503 if behaviour == "refuse" else 200)
            if behaviour == "refuse":
                self.send_header("Retry-After", "7")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = do_POST = do_PATCH = handle_any  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: the tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    upstream = Upstream(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
