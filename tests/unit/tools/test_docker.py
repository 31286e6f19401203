from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from phaseline.core.errors import CommandFailed, Unreachable
from phaseline.tools import docker


class Daemon(BaseHTTPRequestHandler):
    """Answers pings, or refuses them."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/_ping" else 404)
        self.end_headers()

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Refusing(Daemon):
    status = 500


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/machine.sock")
    (tmp_path / "phaseline" / "docker").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def serve() -> Iterator[list[socketserver.BaseServer]]:
    servers: list[socketserver.BaseServer] = []
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


def listen(path: Path, handler: type[Daemon], into: list[socketserver.BaseServer]) -> None:
    server = socketserver.ThreadingUnixStreamServer(str(path), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    into.append(server)


def test_the_machines_own_daemon_comes_first(
    folder: Path, serve: list[socketserver.BaseServer]
) -> None:
    listen(folder / "machine.sock", Daemon, serve)
    listen(docker.folder() / "docker.sock", Daemon, serve)
    assert docker.host() == f"unix://{folder}/machine.sock"


def test_ours_is_used_when_the_machines_does_not_answer(
    folder: Path, serve: list[socketserver.BaseServer]
) -> None:
    listen(folder / "machine.sock", Refusing, serve)
    listen(docker.folder() / "docker.sock", Daemon, serve)
    assert docker.host() == docker.ours() == f"unix://{folder}/phaseline/docker/docker.sock"


def test_ours_is_named_when_none_answers(folder: Path) -> None:
    assert docker.host() == docker.ours()
    with pytest.raises(Unreachable, match="no Docker daemon answers"):
        docker.client()


def test_a_socket_that_nobody_serves_does_not_answer(folder: Path) -> None:
    (folder / "machine.sock").touch()
    assert not docker.answers(f"unix://{folder}/machine.sock")
    assert not docker.answers("tcp://127.0.0.1:9")


def test_the_command_line_leaves_nothing_in_a_home_without_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    told = docker.environment("unix:///x")
    assert told["DOCKER_CONFIG"] == str(docker.folder() / "client")
    assert (told["DOCKER_HOST"], told["DOCKER_BUILDKIT"]) == ("unix:///x", "1")
    (folder / ".docker").mkdir()
    assert "DOCKER_CONFIG" not in docker.environment("unix:///x")


class Holding(Daemon):
    """Has one image, and a fault of its own."""

    images: ClassVar[dict[str, tuple[int, str]]] = {
        "/images/localhost/todo%3A1/json": (200, '{"Id": "sha256:1", "RepoTags": null}'),
        "/images/broken/json": (500, '{"message": "no space left"}'),
        "/images/strange/json": (200, "<html>"),
    }

    def do_GET(self) -> None:
        status, text = self.images.get(self.path, (404, '{"message": "No such image"}'))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())


def test_an_image_is_asked_for_directly(folder: Path, serve: list[socketserver.BaseServer]) -> None:
    listen(folder / "machine.sock", Holding, serve)
    address = f"unix://{folder}/machine.sock"
    assert docker.image(address, "localhost/todo:1") == {"Id": "sha256:1", "RepoTags": None}
    assert docker.image(address, "localhost/todo:2") is None
    with pytest.raises(CommandFailed, match="refused") as caught:
        docker.image(address, "broken")
    assert caught.value.why == "no space left"
    with pytest.raises(Unreachable):
        docker.image(address, "strange")
    with pytest.raises(Unreachable):
        docker.image(f"unix://{folder}/nobody.sock", "localhost/todo:1")


@pytest.mark.parametrize(
    ("address", "verified", "direct"),
    [
        ("unix:///run/docker.sock", "", True),
        ("tcp://127.0.0.1:2375", "", True),
        ("tcp://127.0.0.1:2376", "1", False),
        ("ssh://somebody@somewhere", "", False),
    ],
)
def test_whom_only_the_sdk_can_ask(
    address: str, verified: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", verified)
    assert docker.direct(address) is direct
