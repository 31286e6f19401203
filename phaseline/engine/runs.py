"""What runs have left behind: `.phaseline/runs/<run>/` with events, logs and results. Read only.

Versions before the first had `.phaseline/logs/<run>/<step>.log` and nothing else; those logs are
still found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine.execution import Call, Execution

VERSION = 1
EVENTS = "events.jsonl"
_FIELDS = {one.name for one in fields(Execution)}


@dataclass(frozen=True, kw_only=True)
class Story:
    """One run as its events tell it.

    Attributes:
        started, ended: seconds since the epoch; `ended` and `code` are None for a run that was
            killed, or that goes on.
        head: of the evidence chain when it ended; empty where none was written.
        turns: each step that ended, in that order; `parts` of their keys are not among the events.
        unfinished: steps that began and did not end, with the reason why they ran.
    """

    id: str
    command: str
    phases: tuple[str, ...]
    started: float
    ended: float | None
    code: int | None
    head: str
    turns: tuple[Execution, ...]
    unfinished: dict[str, str]


def names(state: Path) -> list[str]:
    """All runs that left something, the youngest last; a run's name begins with its time."""
    folders = (state / "runs", state / "logs")
    found = {one.name for folder in folders if folder.is_dir() for one in folder.iterdir()}
    return sorted(name for name in found if not name.startswith("."))


def last(state: Path) -> str:
    """The youngest run with events.

    Raises:
        InvalidConfiguration: there is none.
    """
    for name in reversed(names(state)):
        if (state / "runs" / name / EVENTS).exists():
            return name
    raise InvalidConfiguration(
        "there was no run in this workspace yet", fix="run `invoke deploy-all`"
    )


def read(state: Path, run: str) -> Story:
    """One run.

    Raises:
        InvalidConfiguration: there is no such run, or another version of phaseline wrote it.
    """
    events = list(_events(state, run))
    if not events or events[0]["event"] != "run-started":
        raise InvalidConfiguration(f"the events of the run {run} have no beginning")
    first = events[0]
    end = next((one for one in events if one["event"] == "run-ended"), None)
    begun = {one["step"]: one["reason"] for one in events if one["event"] == "step-started"}
    turns = tuple(_turn(run, one) for one in events if one["event"] == "step-ended")
    return Story(
        id=run,
        command=first.get("command", ""),
        phases=tuple(first.get("phases", ())),
        started=first["time"],
        ended=end["time"] if end else None,
        code=end["code"] if end else None,
        head=end.get("head", "") if end else "",
        turns=turns,
        unfinished={n: r for n, r in begun.items() if n not in {turn.step for turn in turns}},
    )


def latest_turns(state: Path, wanted: set[str], limit: int = 50) -> dict[str, Execution]:
    """For each step of `wanted`, how it ended when it last did something, the youngest run first.

    Looks at no more than `limit` runs; runs of other versions are passed over.
    """
    found: dict[str, Execution] = {}
    for name in names(state)[: -limit - 1 : -1]:
        if found.keys() >= wanted:
            break
        try:
            turns = read(state, name).turns
        except InvalidConfiguration:
            continue
        for turn in turns:
            if turn.step in wanted and turn.ending in ("done", "failed", "interrupted"):
                found.setdefault(turn.step, turn)
    return found


def log_of(state: Path, step: str, run: str = "") -> Path:
    """The log of `step` in `run`; of the last run that executed it, if none is named.

    Raises:
        InvalidConfiguration: there is no such run, or it left no log of this step.
    """
    runs = names(state)
    if run and run not in runs:
        raise _no_run(state, run)
    for name in [run] if run else reversed(runs):
        for folder in (state / "runs" / name, state / "logs" / name):
            if (folder / f"{step}.log").exists():
                return folder / f"{step}.log"
    where = f"in the run {run}" if run else "in any run that is kept"
    raise InvalidConfiguration(
        f"there is no log of {step}", why=f"it did nothing {where}", fix="`invoke status` lists all"
    )


def _no_run(state: Path, run: str) -> InvalidConfiguration:
    kept = names(state)[-5:]
    known = f"the last are {', '.join(kept)}" if kept else "there was none yet"
    return InvalidConfiguration(f"there is no run {run}", why=known)


def _events(state: Path, run: str) -> Iterator[dict[str, Any]]:
    """The events of a run. A line that was cut off, as a kill leaves it, ends them."""
    if run not in names(state):
        raise _no_run(state, run)
    try:
        stream = (state / "runs" / run / EVENTS).open(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidConfiguration(
            f"the run {run} has no events", why="an earlier phaseline left logs only"
        ) from None
    with stream:
        for line in stream:
            try:
                event = json.loads(line)
            except ValueError:
                return
            if event.get("version") != VERSION:
                raise InvalidConfiguration(
                    f"the run {run} is not of a format that this phaseline reads",
                    why=f"it says {event.get('version')!r}, this one reads {VERSION}",
                    fix="read it with the phaseline that wrote it, or `invoke prune` it",
                )
            if event["event"] != "progress":
                yield event


def _turn(run: str, event: dict[str, Any]) -> Execution:
    known = {name: value for name, value in event.items() if name in _FIELDS}
    return Execution(
        **{
            **known,
            "run": run,
            "parts": {},
            "lines": tuple(event["lines"]),
            "calls": tuple(Call(**call) for call in event["calls"]),
        }
    )
