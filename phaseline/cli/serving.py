"""`invoke serve`: the API over HTTP, for this machine unless it is told otherwise.

The application is made by `create_app` of the module that tasks.py names, given what is below as
keywords; nothing else of it is known here.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from phaseline.cli.edge import context as open_context
from phaseline.cli.edge import say
from phaseline.cli.verbs.serving import Served
from phaseline.core import tokens
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine import operations
from phaseline.engine.graph import Graph
from phaseline.process.command import Command
from phaseline.process.run import spawn

_BACKLOG = 128
_GRACE = 5  # seconds that requests have to end in
_HIGHEST = 65535


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for; see `invoke --help serve`."""

    host: str
    port: int
    cert: str = ""
    key: str = ""
    names: tuple[str, ...] = ()


def serve(
    graph: Graph, folder: Path, everything: tuple[str, ...], served: Served, wanted: Wanted
) -> int:
    """Serve until SIGINT or SIGTERM.

    Raises:
        InvalidConfiguration: others are to reach it without TLS; the address cannot be had.
    """
    check(wanted)
    here = open_context(folder)
    with listen(wanted.host, wanted.port) as listener:
        port = listener.getsockname()[1]
        sys.path.insert(0, str(folder / served.source))
        app = import_module(served.module).create_app(
            graph=graph,
            everything=everything,
            reopen=lambda: open_context(folder),
            tokens=tokens.ensure(here.state),
            names=(wanted.host, *wanted.names),
            launch=launcher(folder, here),
        )
        scheme = "https" if wanted.cert else "http"
        host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
        say(f"{scheme}://{host}:{port}/api/v1")
        say(f"  tokens: {tokens.place(here.state)}")
        _run(app, listener, wanted)
    return 0


def check(wanted: Wanted) -> None:
    """See that nobody else can reach it in the clear.

    Raises:
        InvalidConfiguration: they could, or an option is wrong.
    """
    if wanted.port > _HIGHEST:
        raise InvalidConfiguration(f"--port {wanted.port}: it takes a number up to {_HIGHEST}")
    if bool(wanted.cert) != bool(wanted.key):
        raise InvalidConfiguration("--cert and --key: one is of no use without the other")
    for option, name in (("--cert", wanted.cert), ("--key", wanted.key)):
        if name and not Path(name).is_file():
            raise InvalidConfiguration(f"{option} {name}: there is no such file")
    if not wanted.cert and not is_loopback(wanted.host):
        raise InvalidConfiguration(
            f"--host {wanted.host}: other machines would reach it, and read the token on its way",
            fix="give --cert and --key, or leave --host out and come by an SSH tunnel",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`; pure."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A socket there.

    Raises:
        InvalidConfiguration: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InvalidConfiguration(
            f"--host {host} --port {port}: it cannot listen there",
            why=str(error.strerror or error),
            fix="choose another --port, or end what uses it",
        ) from error
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def launcher(folder: Path, here: Context) -> Callable[[str], None]:
    """What starts the process that carries out an operation; it outlives the server."""

    def launch(id: str) -> None:
        # of a request there is nothing on this line: the ID is ours
        words = ("-m", "invoke", "--search-root", str(folder), "operation.run", "--id", id)
        command = Command(argv=(sys.executable, *words), cwd=here.workspace.root)
        spawn(command, operations.folder(here.state, id) / "output.log")

    return launch


def _run(app: Any, listener: socket.socket, wanted: Wanted) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=wanted.cert or None,
        ssl_keyfile=wanted.key or None,
        timeout_graceful_shutdown=_GRACE,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn raises it once more when it has ended
        say("ended; operations go on")
