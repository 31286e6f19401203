"""Whether a process answers. Nothing but the standard library: the supervisor uses it."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.request
from functools import cache


def answers(ready: str) -> bool:
    """Whether a unit is ready, by what `Unit.ready` says; asked once, for a second at most."""
    if not ready:
        return True
    try:
        if ready.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(ready.removeprefix("unix:"))
            return True
        # Loopback inside our own network namespace: nobody else can stand there.
        request = urllib.request.Request(ready)  # noqa: S310 - the scheme is the specification's
        with _opener().open(request, timeout=1.0) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException):
        return False


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Straight to the unit: no proxy of the environment, no certificate asked."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
