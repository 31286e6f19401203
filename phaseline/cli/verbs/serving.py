"""The API over HTTP on the user's machine, and what it has its own processes do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task, whole_number
from phaseline.engine.graph import Graph

_SERVE = {
    "host": "where to listen (default 127.0.0.1); beyond this machine it takes --cert and --key",
    "port": "default 8765; 0 takes any that is free",
    "cert": "file with the server's certificate, PEM",
    "key": "file with its key, PEM",
    "name": "names, separated by commas, by which others call this server",
}


class Served(NamedTuple):
    """What `serve` serves.

    Attributes:
        source: the folder, below that of tasks.py, in which its package lies.
        module: has `create_app`; see `phaseline.cli.serving`.
    """

    source: str
    module: str


def tasks(
    graph: Graph, folder: Path, everything: tuple[str, ...], served: Served
) -> dict[str, Task[Any]]:
    """The tasks by name."""
    return {
        "serve": _serve(graph, folder, everything, served),
        "operation.run": _operate(graph, folder, everything),
    }


def _serve(graph: Graph, folder: Path, everything: tuple[str, ...], served: Served) -> Task[Any]:
    def serve(
        c: object,
        host: str = "127.0.0.1",
        port: str = "8765",
        cert: str = "",
        key: str = "",
        name: str = "",
    ) -> int:
        from phaseline.cli import serving

        wanted = serving.Wanted(
            host=host,
            port=whole_number("--port", port, least=0),
            cert=cert,
            key=key,
            names=tuple(one for part in name.split(",") if (one := part.strip())),
        )
        return serving.serve(graph, folder, everything, served, wanted)

    text = (
        "The API over HTTP, for this machine; Ctrl-C ends it.\n\n"
        "Everything but its health takes a token: .phaseline/api/operator.token may do all,\n"
        ".phaseline/api/reader.token may only read. What was begun goes on without it."
    )
    return make_task(serve, text, _SERVE, "serve --port 8765")


def _operate(graph: Graph, folder: Path, everything: tuple[str, ...]) -> Task[Any]:
    def operate(c: object, id: str) -> int:
        from phaseline.cli import operating

        return operating.operate(graph, context(folder), everything, id)

    text = "Carry out an operation that the API has accepted; `serve` starts this by itself."
    help_ = {"id": "the operation's"}
    return make_task(operate, text, help_, "operation.run --id 20270101T120000-0123abcd")
