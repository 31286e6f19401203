"""What runs have left behind: `.phaseline/runs/<run>/` with events, logs and results. Read only.

Versions before the first had `.phaseline/logs/<run>/<step>.log` and nothing else; those logs are
still found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine.execution import Call, Execution

VERSION = 1
EVENTS = "events.jsonl"
_ACTED = ("done", "failed", "interrupted")
_FIELDS = frozenset(Execution._fields)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A step that began, and did not end: when (seconds since the epoch), and why it ran."""

    run: str
    time: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """One run as its events tell it.

    Attributes:
        started, ended: seconds since the epoch; `ended` and `code` are None for a run that was
            killed, or that goes on.
        head: of the evidence chain when it ended; empty where none was written.
        turns: each step that ended, in that order; `parts` of their keys are not among the events.
        unfinished: the steps that began and did not end.
    """

    id: str
    command: str
    phases: tuple[str, ...]
    started: float
    ended: float | None
    code: int | None
    head: str
    turns: tuple[Execution, ...]
    unfinished: Mapping[str, Begun]


def names(state: Path) -> list[str]:
    """All runs that left something, the youngest last.

    A run's name begins with its time to the second; files tell the order within one.
    """
    found: dict[str, float] = {}
    for folder in (state / "logs", state / "runs"):
        for one in folder.iterdir() if folder.is_dir() else ():
            if one.is_dir() and not one.name.startswith("."):
                found[one.name] = one.stat().st_mtime
    return sorted(found, key=lambda name: (name.partition("-")[0], found[name]))


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
    begun = {
        one["step"]: Begun(run=run, time=one["time"], reason=one["reason"])
        for one in events
        if one["event"] == "step-started"
    }
    turns = tuple(_turn(run, one) for one in events if one["event"] == "step-ended")
    ended = {turn.step for turn in turns}
    return Story(
        id=run,
        command=first.get("command", ""),
        phases=tuple(first.get("phases", ())),
        started=first["time"],
        ended=end["time"] if end else None,
        code=end["code"] if end else None,
        head=end.get("head", "") if end else "",
        turns=turns,
        unfinished={name: one for name, one in begun.items() if name not in ended},
    )


def latest(
    state: Path, wanted: set[str], limit: int = 50
) -> tuple[dict[str, Execution], dict[str, Begun]]:
    """For each step of `wanted`, how it ended when it last did something; and those cut off since.

    Looks at no more than `limit` runs; those that this version cannot read are passed over.
    """
    turns: dict[str, Execution] = {}
    cut: dict[str, Begun] = {}
    stood: set[str] = set()  # in a later run, so what had cut it off has left no trace
    for name in names(state)[: -limit - 1 : -1]:
        if turns.keys() | cut.keys() >= wanted:
            break
        try:
            story = read(state, name)
        except InvalidConfiguration:
            continue
        for step, begun in story.unfinished.items():
            if step in wanted - turns.keys() - stood:
                cut.setdefault(step, begun)
        for turn in story.turns:
            if turn.step in wanted - cut.keys() and turn.ending in _ACTED:
                turns.setdefault(turn.step, turn)
        stood |= {turn.step for turn in story.turns if turn.ending == "fresh"}
    return turns, cut


def logs_of(state: Path, step: str) -> list[Path]:
    """Every log of `step` that is kept, the youngest last.

    Raises:
        InvalidConfiguration: there is none.
    """
    folders = [state / kind / name for name in names(state) for kind in ("logs", "runs")]
    found = [folder / f"{step}.log" for folder in folders if (folder / f"{step}.log").exists()]
    if not found:
        raise InvalidConfiguration(
            f"there is no log of {step}", why="it did nothing in any run that is kept"
        )
    return found


def log_of(state: Path, step: str, run: str = "") -> Path:
    """The log of `step` in `run`; of the last run that executed it, if none is named.

    Raises:
        InvalidConfiguration: there is no such run, or it left no log of this step.
    """
    if not run:
        return logs_of(state, step)[-1]
    if run not in names(state):
        raise _no_run(state, run)
    for kind in ("runs", "logs"):
        if (state / kind / run / f"{step}.log").exists():
            return state / kind / run / f"{step}.log"
    raise InvalidConfiguration(f"there is no log of {step}", why=f"it did nothing in {run}")


def silent(state: Path, step: str) -> str:
    """The run that executed `step` last, if it said nothing there, and so has no log of it."""
    turn = latest(state, {step})[0].get(step)
    return turn.run if turn and not turn.log else ""


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
