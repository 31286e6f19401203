"""What surrounds every request: its id, its log line, its figures, and the limit of its body."""

import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response
from todo.logs import get_logger
from todo.metrics import Metrics

BODY_LIMIT = 64 * 1024
REQUEST_ID = "X-Request-ID"
UNMATCHED = "(unmatched)"
QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})

# Narrow on purpose: the id is echoed and logged, so it must not smuggle anything into either.
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_log = get_logger("api.requests")


class ObserveRequests:
    """Gives each request an id, and tells the log and the metrics how it went."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        # Stands when nothing was answered: the server then answers with this status itself.
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, observed)
            finally:
                self._report(scope, status, time.perf_counter() - started)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.observe(scope["method"], route, status, seconds)
        tell = _log.debug if route in QUIET_ROUTES else _log.info
        tell(
            "request",
            method=scope["method"],
            route=route,
            path=scope["path"],
            status=status,
            duration_ms=round(seconds * 1000, 2),
        )


def _request_id(headers: Headers) -> str:
    given = headers.get(REQUEST_ID, "")
    return given if _WELL_FORMED.fullmatch(given) else uuid4().hex


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", UNMATCHED)


class LimitBody:
    """Reads a request's body before the application does, and refuses one that is too large."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(Headers(scope=scope)) > self._limit:
            await self._refuse(scope, receive, send)
            return
        messages = await self._read(receive)
        if messages is None:
            await self._refuse(scope, receive, send)
            return
        await self._app(scope, _replay(messages, receive), send)

    async def _read(self, receive: Receive) -> list[Message] | None:
        messages: list[Message] = []
        size = 0
        more = True
        while more:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._limit:
                return None
            more = message["type"] == "http.request" and message.get("more_body", False)
        return messages

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem_response(
            scope,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"body: must be at most {self._limit} bytes",
            code="body-too-large",
            # The rest of the body is not read, so the connection cannot carry another request.
            headers={"Connection": "close"},
        )
        await response(scope, receive, send)


def _announced(headers: Headers) -> int:
    length = headers.get("Content-Length", "0")
    return int(length) if length.isdecimal() else 0


def _replay(messages: Iterable[Message], receive: Receive) -> Receive:
    kept = iter(messages)

    async def replay() -> Message:
        for message in kept:
            return message
        return await receive()

    return replay
