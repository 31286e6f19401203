"""What is remembered of a step after it succeeded, kept in `.phaseline/records.jsonl`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from phaseline.core.files import digest_text
from phaseline.engine.execution import NOTHING
from phaseline.engine.graph import Kind, Step
from phaseline.engine.table import Table

VERSION = 2
_NAME = "records.jsonl"
_OLD = "records"  # the folder that version 1 kept them in


class Record(NamedTuple):
    """A success.

    Attributes:
        key, parts: what it depended on.
        outputs: digest of each file that it made.
        identity: names of the live things that it left.
        projection: what of its live effect a replay compares.
        run: the run that it belongs to; started: seconds since the epoch; seconds: how long.
    """

    step: str
    key: str
    parts: Mapping[str, Any]
    outputs: Mapping[str, str]
    identity: Mapping[str, str]
    summary: str
    run: str
    started: float
    seconds: float
    lines: tuple[str, ...] = ()
    projection: Mapping[str, str] = NOTHING

    def effect(self, step: Step) -> str:
        """What dependents see of it: they are redone when this changes.

        A make step is what it wrote; an act is the live things it left, or this very execution
        where it names none; a check leaves nothing.
        """
        if step.kind is Kind.CHECK:
            return ""
        if self.identity:
            return digest_text(json.dumps(dict(self.identity), sort_keys=True))
        if step.kind is Kind.MAKE:
            return digest_text(json.dumps(dict(self.outputs), sort_keys=True))
        return f"{self.run} {self.started}"


def load(state: Path, step: str) -> Record | None:
    """The record of `step`, or None if there is none.

    Raises:
        InvalidConfiguration: a newer version wrote the records.
    """
    return _table(state).get(step)


def load_all(state: Path) -> dict[str, Record]:
    """Every record, by its step; raises as `load`."""
    return _table(state).all()


def held(state: Path) -> AbstractContextManager[None]:
    """While nobody else writes records, as in a run, which is alone; raises as `load`."""
    return _table(state).held()


def save(state: Path, *records: Record) -> None:
    """Keep `records`: on disk when this returns."""
    _table(state).put({one.step: one._asdict() for one in records})
    if (old := state / _OLD).is_dir():
        shutil.rmtree(old)


def forget(state: Path, *steps: str) -> None:
    """Drop the records of steps that are about to run: half done is not done."""
    if known := [step for step in steps if load(state, step)]:
        _table(state).put(dict.fromkeys(known))


@lru_cache(maxsize=8)
def _table(state: Path) -> Table[Record]:
    initial = partial(_of_version_1, state / _OLD)
    return Table(state / _NAME, "phaseline records", VERSION, _decoded, initial)


def _decoded(content: dict[str, Any]) -> Record | None:
    try:
        content["lines"] = tuple(content.get("lines", ()))
        return Record(**content)
    except TypeError:  # another version has written it: it lacks something, or says more
        return None


def _of_version_1(folder: Path) -> dict[str, dict[str, Any]]:
    """The records that an earlier version kept as one file each; its keys make each step run."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        with suppress(ValueError):
            content = json.loads(file.read_text())
            if content.pop("version", None) == 1:
                found[content["step"]] = content
    return found
