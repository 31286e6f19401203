"""HTTP requests to the application, past any proxy: it is on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from phaseline.core.errors import Unreachable


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `json` is None where the body is not JSON."""

    status: int
    text: str
    json: Any


def request(method: str, url: str, body: Any = None, *, limit: float = 5.0) -> Answer:
    """Make one request, with `body` as JSON if it is not None.

    Raises:
        Unreachable: nothing answers within `limit` seconds.
    """
    import httpx

    try:
        answer = httpx.request(method, url, json=body, timeout=limit, trust_env=False)
    except httpx.TransportError as error:
        raise Unreachable(f"{url} does not answer", why=str(error)) from error
    return Answer(answer.status_code, answer.text, _parsed(answer.text))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def answers(url: str) -> bool:
    """Whether a GET is answered with success within two seconds."""
    try:
        return request("GET", url, limit=2.0).status < 400
    except Unreachable:
        return False
