"""Runs the HTTP server: listen, serve, stop in time."""

import os
import signal
import socket
import sys
import threading
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI

from todo import __version__
from todo.errors import ConfigurationError
from todo.logs import get_logger
from todo.settings import Settings

_BACKLOG = 512

_log = get_logger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket; port 0 takes any free one. Raises ConfigurationError naming the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another "
            "--host or --port, or stop what uses it"
        ) from error
    # Connections inherit it. Without it every answer with a body waits 40 ms for the client's
    # delayed acknowledgement, because head and body are written apart.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve(app: FastAPI, listener: socket.socket, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight have `settings.grace` seconds to finish."""
    signal.signal(signal.SIGTERM, _leave)
    host, port = listener.getsockname()[:2]
    _log.info("listening", host=host, port=port, version=__version__, revision=settings.revision)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.grace,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        _leave_stuck_threads()


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    # uvicorn handles the signal, and when done raises it once more for whoever started it.
    raise SystemExit(0)


def _leave_stuck_threads() -> None:
    """End the process if a thread still waits for the database: Python would wait for it."""
    stuck = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.current_thread() and not thread.daemon
    ]
    for thread in stuck:
        thread.join(timeout=0.1)
    abandoned = [thread.name for thread in stuck if thread.is_alive()]
    if abandoned:
        _log.warning("stopped with requests unfinished", threads=len(abandoned))
        sys.stdout.flush()
        os._exit(0)
