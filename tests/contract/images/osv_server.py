"""A database of vulnerabilities that answers as https://google.github.io/osv.dev/api has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Name = tuple[str, str, str]  # ecosystem, name, version


@dataclass
class Database:
    """What it knows: IDs by package, records by ID; a page holds `page` of them."""

    affected: dict[Name, list[str]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 1000
    status: int = 200
    asked: list[Name] = field(default_factory=list)
    address: str = ""

    def batch(self, queries: list[dict[str, Any]]) -> dict[str, Any]:
        return {"results": [self._one(query) for query in queries]}

    def _one(self, query: dict[str, Any]) -> dict[str, Any]:
        package = query["package"]
        name = package["ecosystem"], package["name"], query["version"]
        self.asked.append(name)
        start = int(query.get("page_token") or 0)
        known = self.affected.get(name, [])
        page = known[start : start + self.page]
        if not page:
            return {}
        answer: dict[str, Any] = {
            "vulns": [{"id": one, "modified": "2026-01-01T00:00:00Z"} for one in page]
        }
        if len(known) > start + self.page:
            answer["next_page_token"] = str(start + self.page)
        return answer


@contextmanager
def serving(database: Database) -> Iterator[Database]:
    """The database at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/querybatch"
            self.answer(database.batch(body["queries"]))

        def do_GET(self) -> None:
            name = self.path.removeprefix("/v1/vulns/")
            self.answer(database.records.get(name))

        def answer(self, content: dict[str, Any] | None) -> None:
            payload = json.dumps(content if content is not None else {"code": 5}).encode()
            self.send_response(database.status if content is not None else 404)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: what was asked is in `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    database.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield database
    finally:
        server.shutdown()
        server.server_close()
