"""A server that answers as OpenAI's chat completions are documented, or as one that is unwell."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer: status, body, headers; `drip` sends it a byte at a time, with pauses."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drip: float = 0.0


@dataclass
class Chat:
    """Its address, the answers that it gives in turn (the last one again and again), and what it
    was asked.
    """

    base: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)


def completion(text: str) -> Reply:
    """A completion, as documented."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "model": "small", "choices": [choice]}
    return Reply(200, json.dumps(body).encode())


def error(status: int, message: str, **headers: str) -> Reply:
    """An error, as documented."""
    body = {"error": {"message": message, "type": "x", "code": None}}
    return Reply(status, json.dumps(body).encode(), headers)


@contextmanager
def serving() -> Iterator[Chat]:
    """A server on a free port of this machine."""
    chat = Chat()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(chat))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    chat.base = f"http://127.0.0.1:{server.server_port}/v1"
    yield chat
    server.shutdown()
    server.server_close()


def _handler(chat: Chat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = json.loads(self.rfile.read(length))
            chat.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            reply = chat.replies.pop(0) if len(chat.replies) > 1 else chat.replies[0]
            time.sleep(reply.wait)
            with suppress(BrokenPipeError, ConnectionResetError):  # it had no patience
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for index in range(len(reply.body) if reply.drip else 0):
                self.wfile.write(reply.body[index : index + 1])
                self.wfile.flush()
                time.sleep(reply.drip)
            if not reply.drip:
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None: ...

    return Handler
