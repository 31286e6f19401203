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
    import urllib3

    told = {} if body is None else {"json": body}
    try:
        answer = urllib3.request(method, url, timeout=limit, retries=False, **told)
    except urllib3.exceptions.HTTPError as error:
        raise Unreachable(f"{url} does not answer", why=str(error)) from error
    text = answer.data.decode(errors="replace")
    return Answer(answer.status, text, _parsed(text))


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
