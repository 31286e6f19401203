"""The server's socket. It imports next to nothing: who asks early waits in the socket's queue."""

import signal
import socket
from types import FrameType
from typing import NoReturn

from todo.errors import ConfigurationError

_BACKLOG = 512


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


def leave_on_sigterm() -> None:
    """Make SIGTERM end this process with 0, also as process 1, to which it else means nothing."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    # uvicorn handles the signal, and when done raises it once more for whoever started it.
    raise SystemExit(0)
