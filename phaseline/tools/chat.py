"""A model behind an OpenAI-compatible API: `POST <base>/chat/completions`, without a stream.

Documented at platform.openai.com/docs/api-reference/chat; the same is served by Ollama, llama.cpp,
vLLM, Docker Model Runner and docker-agent's `serve chat`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CommandFailed, TimedOut, Unreachable
from phaseline.core.texts import plain
from phaseline.process import groups
from phaseline.process.command import MASK

if TYPE_CHECKING:
    import httpx

LARGEST = 1_000_000  # bytes of an answer
_AGAIN = frozenset({429, 500, 502, 503, 504})
_NO_SCHEMA = frozenset({400, 422})  # a server that knows no JSON schema, as far as it can be told
_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a model answers. `key` may be empty; it never appears in print."""

    base: str
    model: str
    key: str = field(default="", repr=False)

    def masked(self, text: str) -> str:
        """`text` without the key."""
        return text.replace(self.key, MASK) if self.key else text


def complete(
    endpoint: Endpoint,
    system: str,
    user: str,
    *,
    limit: float,
    schema: Mapping[str, Any] | None = None,
) -> str:
    """What the model answers, within `limit` seconds in all; tools are not offered to it.

    A server that is busy or broken is asked again, after as long as its Retry-After says; one that
    takes no JSON schema is asked for plain JSON.

    Args:
        schema: JSON schema that the answer is to have (`response_format` of type `json_schema`).

    Raises:
        Unreachable: nothing answers there, or it is busy or broken for longer than that.
        CommandFailed: it refuses, or answers something else than a completion.
        TimedOut: it takes longer.
    """
    deadline = time.monotonic() + limit
    said = _messages(system, user)
    form = _form(schema)
    for left in reversed(range(_TRIES)):
        status, headers, body = _post(endpoint, {**said, "response_format": form}, deadline)
        if status in _NO_SCHEMA and form["type"] != "json_object":
            form = _form(None)
            continue
        if status not in _AGAIN:
            break
        pause = _wanted_pause(headers)
        if not left or time.monotonic() + pause >= deadline:
            raise Unreachable(f"{endpoint.base} answers {status}", why=_why(endpoint, body))
        groups.pause(pause)
    if status != 200:
        raise CommandFailed(f"{endpoint.base} answers {status}", why=_why(endpoint, body))
    return _content(endpoint, body)


def _messages(system: str, user: str) -> dict[str, Any]:
    told = ({"role": "system", "content": system}, {"role": "user", "content": user})
    return {"messages": list(told)}


def _form(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is asked for; not `strict`, which allows no object of free fields, as manifests are."""
    if schema is None:
        return {"type": "json_object"}
    wanted = {"name": "answer", "strict": False, "schema": dict(schema)}
    return {"type": "json_schema", "json_schema": wanted}


def _post(
    endpoint: Endpoint, said: Mapping[str, Any], deadline: float
) -> tuple[int, Mapping[str, str], bytes]:
    import httpx

    request = {"model": endpoint.model, "temperature": 0, **said}
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    address = f"{endpoint.base.rstrip('/')}/chat/completions"
    left = max(0.1, deadline - time.monotonic())
    try:
        # no redirect is followed: the key is for this server alone
        with httpx.stream("POST", address, json=request, headers=headers, timeout=left) as answer:
            return answer.status_code, answer.headers, _read(answer, endpoint, deadline)
    except httpx.TimeoutException as error:
        raise TimedOut(f"{endpoint.base} did not answer in time", why=str(error)) from error
    except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
        why = endpoint.masked(str(error))
        raise Unreachable(f"{endpoint.base} does not answer", why=why) from error


def _read(answer: httpx.Response, endpoint: Endpoint, deadline: float) -> bytes:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise CommandFailed(f"{endpoint.base} answers more than {LARGEST} bytes")
        if time.monotonic() > deadline:  # each piece came in time, and there is no end
            raise TimedOut(f"{endpoint.base} did not end its answer in time")
    return body


def _wanted_pause(headers: Mapping[str, str]) -> float:
    try:
        return min(max(float(headers.get("retry-after", "1")), 0.0), 3600.0)
    except ValueError:  # a date
        return 1.0


def _why(endpoint: Endpoint, body: bytes) -> str:
    content = _json(body)
    error = content.get("error") if isinstance(content, dict) else None
    told = error.get("message", error) if isinstance(error, dict) else error
    text = str(told) if told else body[:300].decode(errors="replace")
    return plain(endpoint.masked(" ".join(text.split())))[:300]


def _content(endpoint: Endpoint, body: bytes) -> str:
    content = _json(body)
    try:
        text = content["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        text = None
    if not isinstance(text, str):
        why = _why(endpoint, body)
        raise CommandFailed(f"{endpoint.base} answers something else than a completion", why=why)
    return text


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
