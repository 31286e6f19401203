"""`invoke serve` as a process of a step's own, and what it answers."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import urllib3
from urllib3.exceptions import HTTPError

import phaseline
from phaseline.core.errors import CheckFailed, HostUnfit, TimedOut
from phaseline.core.tokens import Role, ensure
from phaseline.core.workspace import Context
from phaseline.process import groups, journal
from phaseline.process.command import Command

_START = 30.0
_ANSWER = 60.0
_OPERATION = 120.0
_LOOKS_EVERY = 0.2
_PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """What was answered: the status, the headers, and the body as JSON has it."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Client:
    """Somebody who asks the API.

    Attributes:
        base: such as http://127.0.0.1:8765/api/v1.
    """

    base: str
    tokens: Mapping[Role, str]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        role: Role | None = Role.OPERATOR,
        **headers: str,
    ) -> Answer:
        """Ask for `path`, with the token of `role`, or with none.

        Raises:
            CheckFailed: nothing answers.
        """
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if role:
            given["Authorization"] = f"Bearer {self.tokens[role]}"
        content = None if body is None else json.dumps(body).encode()
        if content:
            given["Content-Type"] = "application/json"
        try:
            answer = urllib3.request(
                method, self.base + path, body=content, headers=given, timeout=_ANSWER
            )
        except HTTPError as error:
            raise CheckFailed(f"the API does not answer {method} {path}", why=str(error)) from error
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, told, json.loads(answer.data) if answer.data else None)

    def read(self, path: str) -> Any:
        """What a reader is answered; and that who has read it is not sent it again.

        Raises:
            CheckFailed: it is none, or it has no tag that holds.
        """
        answer = self.ask("GET", path, role=Role.READER)
        _require(path, answer, 200)
        return answer.body

    def items(self, path: str) -> list[Any]:
        """All items of a list, page by page, two at a time.

        Raises:
            CheckFailed: as `read`.
        """
        found: list[Any] = []
        cursor = ""
        while True:
            told = self.read(f"{path}?limit=2&cursor={cursor}")
            found += told["items"]
            cursor = told["next_cursor"] or ""
            if not cursor:
                return found

    def refused(
        self,
        status: int,
        method: str,
        path: str,
        body: Any = None,
        role: Role | None = Role.OPERATOR,
        **headers: str,
    ) -> None:
        """See that a request is refused with this status, as a problem that says what to do.

        Raises:
            CheckFailed: it is not.
        """
        answer = self.ask(method, path, body, role, **headers)
        _require(f"{method} {path}", answer, status)
        if answer.headers.get("content-type") != _PROBLEM or not answer.body.get("fix"):
            raise CheckFailed(f"{method} {path} is refused without saying what to do")

    def await_end(self, operation: Mapping[str, Any]) -> Any:
        """What an operation came to.

        Raises:
            CheckFailed: it failed. TimedOut: it does not end.
        """
        deadline = time.monotonic() + _OPERATION
        while time.monotonic() < deadline:
            found = self.read(f"/operations/{operation['id']}")
            if found["state"] == "succeeded":
                return found["result"]
            if found["ended"] or found["state"] == "lost":
                error = found["error"] or {}
                raise CheckFailed(
                    f"the operation {found['kind']} is {found['state']}",
                    why=f"{error.get('what', '')}: {error.get('why', '')}",
                )
            groups.pause(_LOOKS_EVERY)
        raise TimedOut(f"the operation {operation['id']} does not end")


@contextmanager
def served(context: Context) -> Iterator[Client]:
    """The API of this workspace, at a port of this machine's, until we leave.

    Raises:
        HostUnfit: phaseline is installed without its checkout.
        CheckFailed: it does not start.
    """
    words = ("-m", "invoke", "--search-root", str(_checkout()), "serve", "--port", "0")
    command = Command(argv=(sys.executable, *words), cwd=context.workspace.root)
    journal.progress("starting the API")
    with groups.started(command) as process:
        assert process.stdout
        assert process.stderr
        lines = [_Lines(stream) for stream in (process.stdout, process.stderr)]
        first = lines[0].first(_START)
        if not first.startswith("http"):
            groups.end(process, 1.0)
            raise CheckFailed("the API does not start", why=f"{first}{lines[1].text}".strip())
        client = Client(first.strip(), ensure(context.state))
        _await(client)
        yield client


def _checkout() -> Path:
    """Where tasks.py is: beside the package that runs."""
    found = Path(phaseline.__file__).parents[1]
    if not (found / "tasks.py").exists():
        raise HostUnfit(
            f"there is no tasks.py in {found}",
            fix="install phaseline from its checkout: `pip install -e .`",
        )
    return found


def _await(client: Client) -> None:
    """The socket takes connections at once; see that somebody answers them."""
    client.read("/phases?limit=1")


def _require(asked: str, answer: Answer, status: int) -> None:
    if answer.status != status:
        told = json.dumps(answer.body)
        raise CheckFailed(f"{asked} is answered with {answer.status}, not {status}", why=told)


class _Lines:
    """What a process prints, read so that it never waits for us."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept: list[str] = []
        self._came = threading.Event()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def first(self, patience: float) -> str:
        """The first line; "" if none came."""
        self._came.wait(patience)
        return self._kept[0] if self._kept else ""

    @property
    def text(self) -> str:
        """All that was printed so far."""
        return "".join(self._kept)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                self._kept.append(raw.decode(errors="replace"))
                self._came.set()
        self._came.set()
