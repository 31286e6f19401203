"""The Docker daemon that is used, its client library and its command line.

Ours has no bridge network: build with `--network none` or `host`, run with one of them.
"""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from phaseline.core.errors import Unreachable
from phaseline.core.workspace import cache_folder
from phaseline.process.command import Command
from phaseline.tools.toolchain import ensure

if TYPE_CHECKING:
    from docker import DockerClient

MACHINE = "unix:///var/run/docker.sock"
PING_SECONDS = 2.0


def folder() -> Path:
    """All that belongs to our own daemon; workspaces share it."""
    return cache_folder() / "docker"


def ours() -> str:
    """The address of our own daemon, whether it runs or not."""
    return f"unix://{folder() / 'docker.sock'}"


def candidates() -> tuple[str, ...]:
    """Addresses to try, in order: what the user named or the machine's own, then ours."""
    return (os.environ.get("DOCKER_HOST") or MACHINE, ours())


def host() -> str:
    """The address in use: the first candidate that answers; ours when none does."""
    return next((one for one in candidates() if answers(one)), ours())


def answers(address: str) -> bool:
    """Whether a daemon answers a ping at `address`, within two seconds.

    Only sockets are asked by ourselves; an `ssh://` or TLS address is taken at the user's word.
    """
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return _pings(_UnixConnection(parts.path, timeout=PING_SECONDS))
    if parts.scheme == "tcp" and parts.hostname and not os.environ.get("DOCKER_TLS_VERIFY"):
        port = parts.port or 2375
        return _pings(http.client.HTTPConnection(parts.hostname, port, timeout=PING_SECONDS))
    return True


def client(timeout: float = 60.0) -> DockerClient:
    """The SDK's client of the daemon in use; the API version is negotiated.

    Raises:
        Unreachable: no daemon answers.
    """
    import docker
    from docker.errors import DockerException

    address = host()
    if not answers(address):
        raise Unreachable("no Docker daemon answers", why=address, fix="run `invoke setup`")
    try:
        environment = {**_user_environment(address), "DOCKER_HOST": address}
        return docker.DockerClient.from_env(environment=environment, timeout=int(timeout))
    except DockerException as error:
        raise Unreachable(f"the Docker daemon at {address} refuses", why=str(error)) from error


def command(*args: str, timeout: float = 60.0, cwd: Path | None = None) -> Command:
    """A call of a docker command line that can build with BuildKit, at the daemon in use.

    Raises:
        ToolMissing: there is no such docker.
    """
    argv = (str(ensure("docker").path), *args)
    return Command(argv=argv, cwd=cwd, timeout=timeout, env=environment(host()))


def environment(address: str) -> dict[str, str | None]:
    """Variables for docker's command line, which would else leave a file in the user's home."""
    told: dict[str, str | None] = {
        "DOCKER_HOST": address,
        "DOCKER_BUILDKIT": "1",
        "DOCKER_CONTEXT": None,
    }
    if not os.environ.get("DOCKER_CONFIG") and not (Path.home() / ".docker").exists():
        told["DOCKER_CONFIG"] = str(folder() / "client")
    return told


def _user_environment(address: str) -> dict[str, str]:
    """The user's variables; those for TLS have no meaning for a socket file."""
    socket_file = address.startswith("unix:")
    return {
        name: value
        for name, value in os.environ.items()
        if not (socket_file and name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"))
    }


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def _pings(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
