"""The management application over a workspace of stand-ins, and over one where all is real."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from api.management.app import create_app
from api.management.runtime import Limits
from fastapi import FastAPI

import tasks
from phaseline.core.tokens import Role, ensure
from phaseline.core.workspace import Context, Workspace
from phaseline.engine import operations, signing
from phaseline.engine.operations import State
from tests.management import world

WIDE = Limits(rate=1e6, burst=10**6, unfinished=10**6)


@pytest.fixture(autouse=True, scope="session")
def own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests sign is signed with a key of theirs, never with the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        patch.delenv(signing.VARIABLE, raising=False)
        yield


@dataclass
class World:
    """An application that is served on this machine.

    Attributes:
        address: such as http://127.0.0.1:8765.
        launched: the operations whose process would have been started.
    """

    context: Context
    address: str
    launched: list[str] = field(default_factory=list)
    _clients: list[httpx.Client] = field(default_factory=list)

    def close(self) -> None:
        """End all clients."""
        for client in self._clients:
            client.close()

    def client(self, role: Role | None = Role.OPERATOR) -> httpx.Client:
        """A client with the token of `role`."""
        headers = {"Authorization": f"Bearer {ensure(self.context.state)[role]}"} if role else {}
        made = httpx.Client(
            base_url=f"{self.address}/api/v1", headers=headers, timeout=30, trust_env=False
        )
        self._clients.append(made)
        return made


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve `app` on this machine; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def application(context: Context, launch: Callable[[str], None], limits: Limits = WIDE) -> FastAPI:
    """The management application over a workspace."""
    return create_app(
        graph=tasks.GRAPH,
        everything=("setup", "containerize"),
        reopen=lambda: Context(Workspace(context.workspace.root)),
        tokens=ensure(context.state),
        names=(),
        launch=launch,
        limits=limits,
    )


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A workspace with images, 500 Services and a cluster; operations end at once."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "root").mkdir()
    context = world.workspace(folder / "root")
    launched: list[str] = []

    def launch(id: str) -> None:
        launched.append(id)
        with operations.taken(context.state, id) as work:
            work.tell("started")
            work.end(State.SUCCEEDED, {"summary": "a stand-in did it", "lines": []})

    with pytest.MonkeyPatch.context() as patch, world.api_server(folder, 500) as access:
        patch.setenv(
            "PATH", f"{world.programs(folder / 'programs')}{os.pathsep}{os.environ['PATH']}"
        )
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        world.furnish(context, access)
        with served(application(context, launch)) as address:
            made = World(context, address, launched)
            yield made
            made.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """A workspace in which nothing was done yet; operations are accepted, and nobody works."""
    context = world.workspace(tmp_path)
    launched: list[str] = []
    with served(application(context, launched.append)) as address:
        made = World(context, address, launched)
        yield made
        made.close()
