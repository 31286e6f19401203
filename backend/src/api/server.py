"""Runs the HTTP server: serve, stop in time."""

import os
import socket
import sys
import threading

import uvicorn
from fastapi import FastAPI

from todo import __version__
from todo.logs import get_logger
from todo.settings import Settings

_log = get_logger(__name__)


def serve(app: FastAPI, listener: socket.socket, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight have `settings.grace` seconds to finish."""
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
