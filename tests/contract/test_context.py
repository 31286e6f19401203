"""A cluster of a context, asked by its API: rights, credentials, several servers at one address."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.errors import CommandFailed, HostUnfit
from phaseline.operators.clusters.context import rights
from phaseline.tools.api_server import connected_to
from tests.contract.test_api_server import pair

REVIEWS = "/k8s/one/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass
class Server:
    """An API server behind a path that takes one token, and what it was asked."""

    port: int
    authority: str
    denied: set[str] = field(default_factory=set)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def told(self, user: str = "t", server: str = "") -> dict[str, Any]:
        """A kubeconfig for it."""
        cluster = {
            "server": server or f"https://127.0.0.1:{self.port}/k8s/one/",
            "certificate-authority": self.authority,
        }
        return {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": user}}],
        }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    own = pair()
    (tmp_path / "own.pem").write_bytes(own.certificate + own.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != "Bearer t":
                self.send_error(401)
                return
            attributes = body["spec"]["resourceAttributes"]
            made.asked.append(attributes)
            words = (attributes["verb"], attributes["resource"])
            allowed = self.path == REVIEWS and " ".join(words) not in made.denied
            content = json.dumps({"status": {"allowed": allowed}}).encode()
            self.send_response(201)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    made = Server(listening.server_port, str(tmp_path / "own.pem"))
    yield made
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_each_right_is_asked_for_where_it_is_needed(server: Server) -> None:
    with connected_to(server.told()) as api:
        assert rights.require(api, "shop") == len(rights.WANTED) == len(server.asked)
    places = {(one["resource"], one["namespace"]) for one in server.asked}
    assert {("namespaces", ""), ("nodes", ""), ("deployments", "shop")} <= places


def test_each_right_that_is_missing_is_named(server: Server) -> None:
    server.denied = {"create namespaces", "patch deployments"}
    with connected_to(server.told()) as api, pytest.raises(HostUnfit) as caught:
        rights.require(api, "shop")
    assert caught.value.why == "missing: create namespaces, patch deployments.apps"
    assert "namespace shop" in caught.value.what


def test_a_token_that_is_refused_is_no_missing_right(server: Server) -> None:
    with connected_to(server.told("another")) as api, pytest.raises(CommandFailed, match="refused"):
        rights.require(api, "shop")
