"""An agent that speaks A2A 0.3: JSON-RPC `message/send`, answered by a message or an ended task.

https://a2a-protocol.org/v0.3.0/specification/; kagent 0.10 serves agents at
`/api/a2a/<namespace>/<agent>/` of its controller, each with its card below `.well-known/`.
"""

from __future__ import annotations

import uuid
from typing import Any

from phaseline.core.errors import CommandFailed, TimedOut, Unreachable
from phaseline.core.texts import plain

_CARD = ".well-known/agent.json"


def obstacle(address: str, limit: float) -> str:
    """Why the agent at `address` cannot be asked; empty when its card is there."""
    import httpx

    try:
        status = httpx.get(f"{address}/{_CARD}", timeout=limit).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{address} does not answer: {plain(str(error))}"
    return "" if status == 200 else f"{address} has no card of an agent: it answers {status}"


def ask(address: str, text: str, limit: float) -> str:
    """What the agent at `address` answers to `text`.

    Raises:
        Unreachable: nothing answers there. TimedOut: it takes longer than `limit` seconds.
        CommandFailed: it fails, wants something first, or answers something else.
    """
    import httpx

    part = {"kind": "text", "text": text}
    message = {"kind": "message", "role": "user", "messageId": uuid.uuid4().hex, "parts": [part]}
    call = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}
    try:
        said = httpx.post(f"{address}/", json=call, timeout=limit)
    except httpx.TimeoutException as error:
        raise TimedOut(f"{address} did not answer in time", why=str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{address} does not answer", why=plain(str(error))) from error
    try:
        return answer(said.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{said.status_code}: {plain(said.text[:300])}"
        raise CommandFailed(f"{address} answers something else than A2A", why=why) from error


def answer(said: Any) -> str:
    """The text of a JSON-RPC answer; pure.

    Raises:
        CommandFailed: it is an error, or a task that did not complete.
        KeyError, TypeError, AttributeError: it is of another form.
    """
    if error := said.get("error"):
        raise CommandFailed("the agent fails", why=plain(str(error.get("message", error))))
    result = said["result"]
    if result.get("kind") == "message" or "parts" in result:
        return _text(result["parts"])
    status = result["status"]
    told = _text((status.get("message") or {}).get("parts") or [])
    if status["state"] != "completed":
        raise CommandFailed(f"the agent's task is {plain(str(status['state']))}", why=plain(told))
    pieces = [_text(one["parts"]) for one in result.get("artifacts") or []]
    return "\n".join(pieces) or told


def _text(parts: list[Any]) -> str:
    return "".join(str(one["text"]) for one in parts if one.get("kind") == "text")
