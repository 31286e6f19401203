"""The Docker daemon that is used, its client library and its command line.

Ours has no bridge network: build with `--network none` or `host`, run with one of them.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from phaseline.core.errors import CommandFailed, Unreachable
from phaseline.core.workspace import cache_folder
from phaseline.process.command import Command
from phaseline.tools.toolchain import ensure

if TYPE_CHECKING:
    from docker import DockerClient

MACHINE = "unix:///var/run/docker.sock"
PING_SECONDS = 2.0
ANSWER_SECONDS = 60.0


def folder() -> Path:
    """All that belongs to our own daemon; workspaces share it."""
    return cache_folder() / "docker"


def trusted(registry: str) -> Path:
    """Where our own daemon looks for the authority of a registry, named as in an image's name."""
    return folder() / "settings" / "certs.d" / registry


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

    Where it cannot be asked directly, the user's word is taken.
    """
    connection = _connection(address, PING_SECONDS)
    return connection is None or _pings(connection)


def direct(address: str) -> bool:
    """Whether a daemon at `address` can be asked without its SDK: not by `ssh://`, not by TLS."""
    return _connection(address, PING_SECONDS) is not None


def image(address: str, reference: str) -> dict[str, Any] | None:
    """What the daemon at `address` tells of an image (a name or an ID); None where it has none.

    It is asked directly, as https://docs.docker.com/reference/api/engine/ has it: importing the
    SDK takes longer than every such question of a run.

    Raises:
        Unreachable: no daemon answers.
        CommandFailed: it refuses.
    """
    connection = _connection(address, ANSWER_SECONDS)
    assert connection, f"{address} cannot be asked directly"
    try:
        connection.request("GET", f"/images/{quote(reference)}/json")
        answer = connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = f"{address}: {error}"
        raise Unreachable("no Docker daemon answers", why=why, fix="run `invoke setup`") from error
    finally:
        connection.close()
    if answer.status == http.client.NOT_FOUND:
        return None
    if answer.status != http.client.OK:
        raise CommandFailed("the Docker daemon refused", why=str(told.get("message", told)))
    return told


def client(timeout: float = ANSWER_SECONDS) -> DockerClient:
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


def _connection(address: str, timeout: float) -> http.client.HTTPConnection | None:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return _UnixConnection(parts.path, timeout)
    if parts.scheme == "tcp" and parts.hostname and not os.environ.get("DOCKER_TLS_VERIFY"):
        return http.client.HTTPConnection(parts.hostname, parts.port or 2375, timeout=timeout)
    return None


def _pings(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
