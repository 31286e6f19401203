"""What the running API holds, made once when it starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request
from phaseline.core.tokens import Role
from phaseline.core.workspace import CHOSEN, Context
from phaseline.engine.graph import Graph


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one server takes.

    Attributes:
        body: bytes; at_once: requests; unfinished: operations.
        rate: requests a second of one role, and of all that have no token; burst: so many at once.
    """

    body: int = 64 * 1024
    at_once: int = 64
    rate: float = 100.0
    burst: int = 400
    unfinished: int = 16


class Workspace:
    """The workspace; read again when its settings were saved."""

    def __init__(self, reopen: Callable[[], Context]) -> None:
        self._reopen, self._guard = reopen, threading.Lock()
        self._context = reopen()
        self._seen = self._look()

    @property
    def context(self) -> Context:
        """It, as its settings are now.

        Raises:
            InvalidConfiguration: they are wrong.
        """
        with self._guard:
            if self._seen != (seen := self._look()):
                self._context, self._seen = self._reopen(), seen
            return self._context

    def _look(self) -> list[tuple[int, int, int]]:
        files = (self._context.workspace.root / "pipeline.yaml", self._context.state / CHOSEN)
        found = [path.stat() for path in files if path.exists()]
        return [(one.st_ino, one.st_mtime_ns, one.st_size) for one in found]


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The parts behind the routes.

    Attributes:
        everything: the phases of `deploy-all`.
        names: by which this server may be called.
        launch: starts the process that carries out the operation of that ID.
    """

    graph: Graph
    everything: tuple[str, ...]
    workspace: Workspace
    tokens: Mapping[Role, str]
    names: frozenset[str]
    launch: Callable[[str], None]
    limits: Limits = field(default_factory=Limits)


async def _runtime(request: Request) -> Runtime:
    return cast(Runtime, request.app.state.runtime)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]


def _context(runtime: RuntimeDep) -> Context:
    return runtime.workspace.context


ContextDep = Annotated[Context, Depends(_context)]
