"""Long work that outlives whoever asked for it: `.phaseline/operations/<id>/`.

An operation is written down before anything is started. A process of its own carries it out, and
holds the operation's lock as long as it lives, so that what is said of it does not depend on the
server that accepted it. `request.json` never changes; `events.jsonl` grows; `result.json` ends it.
"""

from __future__ import annotations

import fcntl
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import digest_text, locked, write_json

VERSION = 1
STARTING = 30.0  # seconds that its process has to begin
_FOLDER = "operations"
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
_PATIENCE = 10.0  # who asks whether a lock is held has it for an instant


class State(StrEnum):
    """Where an operation is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """its process ended without a word; what it was doing is told by its events"""


ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for.

    Attributes:
        kind: the name of the task that does the same; parameters: what it takes, by name.
        by: who asked, as the server knows them.
        created: seconds since the epoch.
    """

    id: str
    kind: str
    parameters: Mapping[str, Any]
    by: str
    created: float


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation as it stands.

    Attributes:
        result: what it came to; None before its end, and where it failed.
        error: `code`, `what`, `why` and `fix`; empty where there is none.
        cancelling: it was told to end.
    """

    request: Request
    state: State
    started: float | None
    ended: float | None
    result: Any
    error: Mapping[str, str]
    cancelling: bool


def create(
    state: Path, kind: str, parameters: Mapping[str, Any], *, by: str, key: str = ""
) -> tuple[Request, bool]:
    """Write an operation down; with the key of an earlier one, that one is meant.

    Args:
        key: chosen by whoever asks, so that asking twice does the work once.

    Returns:
        the request, and whether it is new.

    Raises:
        InvalidConfiguration: the key was given to an operation that is not the same.
    """
    fingerprint = digest_text(kind, json.dumps(parameters, sort_keys=True))
    name = state / _FOLDER / "keys" / f"{digest_text(by.partition(' ')[0], key)}.json"
    with locked(state / _FOLDER / "lock", "accept an operation", wait_seconds=_PATIENCE):
        if key and name.exists():
            kept = json.loads(name.read_bytes())
            if kept["fingerprint"] != fingerprint:
                raise InvalidConfiguration(
                    "Idempotency-Key: it was given to another request before",
                    fix="take a new key for each thing to be done",
                )
            return _request(state, kept["id"]), False
        now = time.time()
        made = Request(
            id=f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}-{secrets.token_hex(4)}",
            kind=kind,
            parameters=parameters,
            by=by,
            created=now,
        )
        content = {"version": VERSION, **asdict(made)}  # words may hold what is secret
        write_json(folder(state, made.id) / "request.json", content, mode=0o600)
        if key:
            write_json(name, {"version": VERSION, "id": made.id, "fingerprint": fingerprint})
    return made, True


def folder(state: Path, id: str) -> Path:
    """All that is kept of an operation."""
    return state / _FOLDER / id


def ids(state: Path) -> list[str]:
    """Every operation that is kept, the youngest first."""
    found = (state / _FOLDER).glob("*/request.json")
    return sorted((path.parent.name for path in found), reverse=True)


def find(state: Path, id: str) -> Operation | None:
    """An operation as it stands; None where there is none of that ID."""
    place = folder(state, id)
    if not _ID.fullmatch(id) or not (place / "request.json").exists():
        return None
    request = _request(state, id)
    ended = _result(place)
    alive = not ended and _held(place / "lock")
    # it is written under the lock: who does not hold that any more may have written it just now
    ended = ended or _result(place)
    started = _started(place)
    return Operation(
        request=request,
        state=_state(request, alive=alive, began=started is not None, ended=ended),
        started=started,
        ended=ended.get("ended"),
        result=ended.get("result"),
        error=ended.get("error", {}),
        cancelling=(place / "cancel").exists(),
    )


def _result(place: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((place / "result.json").read_bytes())
    except FileNotFoundError:
        return {}
    return found


def _started(place: Path) -> float | None:
    """When its process began: that is its first event."""
    with suppress(FileNotFoundError), (place / "events.jsonl").open("rb") as stream:
        line = stream.readline()
        return float(json.loads(line)["time"]) if line.endswith(b"\n") else None
    return None


def _state(request: Request, *, alive: bool, began: bool, ended: Mapping[str, Any]) -> State:
    if ended:
        return State(ended["state"])
    if alive:
        return State.RUNNING if began else State.QUEUED
    waits = not began and time.time() - request.created < STARTING
    return State.QUEUED if waits else State.LOST


def events(state: Path, id: str, after: int = 0) -> list[dict[str, Any]]:
    """What has happened, each with `number` (from 1), `time` and `event`; those past `after`."""
    try:
        lines = (folder(state, id) / "events.jsonl").read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines[after:]]


def cancel(state: Path, id: str) -> None:
    """Tell an operation to end; its process sees it within half a second."""
    (folder(state, id) / "cancel").touch()


class Work:
    """An operation in the hands of the process that carries it out."""

    def __init__(self, state: Path, request: Request) -> None:
        self.request = request
        self._folder = folder(state, request.id)
        self._count = len(events(state, request.id))
        self._guard = threading.Lock()

    @property
    def cancelled(self) -> bool:
        """Whether it was told to end."""
        return (self._folder / "cancel").exists()

    def tell(self, event: str, **told: Any) -> None:
        """Add an event."""
        with self._guard, (self._folder / "events.jsonl").open("ab") as stream:
            self._count += 1
            head = {"version": VERSION, "number": self._count, "time": time.time(), "event": event}
            stream.write(json.dumps({**head, **told}).encode() + b"\n")

    def end(self, state: State, result: Any = None, error: Mapping[str, str] | None = None) -> None:
        """Write down what it came to."""
        told = {"state": state, "result": result, "error": error or {}, "ended": time.time()}
        write_json(self._folder / "result.json", {"version": VERSION, **told})
        self.tell("ended", state=state)


@contextmanager
def taken(state: Path, id: str) -> Iterator[Work]:
    """Take an operation in hand; nobody else can.

    Raises:
        InvalidConfiguration: there is none of that ID, or it has ended.
        LockHeld: another process has it in hand.
    """
    found = find(state, id)
    if found is None or found.state in ENDED - {State.LOST}:
        raise InvalidConfiguration(f"there is no operation {id} to be carried out")
    with locked(folder(state, id) / "lock", found.request.kind, wait_seconds=_PATIENCE):
        yield Work(state, found.request)


def _request(state: Path, id: str) -> Request:
    told = json.loads((folder(state, id) / "request.json").read_bytes())
    if told.pop("version") != VERSION:
        raise InvalidConfiguration(f"another version of phaseline wrote the operation {id}")
    return Request(**told)


def _held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
