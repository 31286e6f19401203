"""What every request has to pass before a route is asked: host, origin, token, role, limits."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from phaseline.core.tokens import Role
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.management.problems import problem
from api.management.runtime import Limits

HEALTH = "/healthz"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CLOSE = {"Connection": "close"}  # the rest of the body is not read


class Refusal(Exception):
    """A request is not passed on."""

    def __init__(
        self, status: HTTPStatus, what: str, fix: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what)
        self.status, self.what, self.fix, self.headers = status, what, fix, headers


class Guard:
    """Passes on what may be asked.

    Args:
        tokens: of each role; names: by which this server may be called.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Mapping[Role, str],
        names: Iterable[str],
        limits: Limits,
    ) -> None:
        self._app, self._tokens, self._limits = app, tokens, limits
        self._names = frozenset(name.lower() for name in names)
        self._rates = {who: Rate(limits.rate, limits.burst) for who in (*Role, None)}
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._at_once += 1
        try:
            headers = Headers(scope=scope)
            self._check(scope, headers)
            messages = await self._body(headers, receive)
        except Refusal as no:
            answer = problem(scope["path"], no.status, no.what, fix=no.fix, headers=no.headers)
            await answer(scope, receive, send)
        else:
            await self._app(scope, _replayed(messages, receive), send)
        finally:
            self._at_once -= 1

    def _check(self, scope: Scope, headers: Headers) -> None:
        self._check_names(headers)
        role = None if scope["path"] == HEALTH else self._role(headers)
        scope.setdefault("state", {})["role"] = role
        if role is Role.READER and scope["method"] not in READING:
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "this token may only read",
                "use the token of the role operator",
            )
        if not self._rates[role].take() or self._at_once > self._limits.at_once:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "too many requests", "ask again in a moment"
            )

    def _check_names(self, headers: Headers) -> None:
        """Whoever was led here by another name is none of ours: DNS rebinding, foreign pages."""
        if _name(f"//{headers.get('Host', '')}") not in self._names:
            raise Refusal(
                HTTPStatus.MISDIRECTED_REQUEST,
                "Host: this server is not called that",
                "`invoke serve --name NAME` lets it be called so",
            )
        origin = headers.get("Origin")
        own = origin is None or urlsplit(origin).netloc == headers.get("Host")
        if not own or headers.get("Sec-Fetch-Site", "") in ("cross-site", "same-site"):
            raise Refusal(
                HTTPStatus.FORBIDDEN, "Origin: pages of other servers may not ask", "ask without"
            )

    def _role(self, headers: Headers) -> Role:
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            for role, token in self._tokens.items():
                if hmac.compare_digest(given.strip().encode(), token.encode()):
                    return role
        if not self._rates[None].take():
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "too many requests", "ask again in a moment"
            )
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "Authorization: a token is needed",
            "send `Authorization: Bearer TOKEN`; `invoke serve` prints where the tokens are",
            {"WWW-Authenticate": "Bearer"},
        )

    async def _body(self, headers: Headers, receive: Receive) -> list[Message]:
        """The request's body, as messages; at most as long as it may be."""
        announced = headers.get("Content-Length", "0")
        size, more = 0, True
        messages: list[Message] = []
        if not announced.isdecimal() or int(announced) > self._limits.body:
            raise self._too_large()
        while more:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._limits.body:
                raise self._too_large()
            more = message["type"] == "http.request" and message.get("more_body", False)
        return messages

    def _too_large(self) -> Refusal:
        return Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"body: must be at most {self._limits.body} bytes",
            "send less",
            _CLOSE,
        )


class Rate:
    """So many a second, and so many at once (a token bucket)."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second, self._burst = per_second, burst
        self._left, self._when = float(burst), time.monotonic()
        self._guard = threading.Lock()

    def take(self) -> bool:
        """Whether there is one left; it is taken."""
        with self._guard:
            now = time.monotonic()
            refilled = self._left + (now - self._when) * self._per_second
            self._left, self._when = min(float(self._burst), refilled), now
            if self._left < 1:
                return False
            self._left -= 1
            return True


def _name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    kept = iter(messages)

    async def replay() -> Message:
        for message in kept:
            return message
        return await receive()

    return replay
