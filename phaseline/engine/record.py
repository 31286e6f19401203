"""What is remembered of a step after it succeeded: one file each, written at once, atomically."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from phaseline.core.files import digest_text, write_json
from phaseline.engine.graph import Kind, Step

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Record:
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
    projection: Mapping[str, str] = field(default_factory=dict)
    version: int = field(default=VERSION)

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
    """The record of `step`, or None if there is none that this version can read."""
    try:
        content = json.loads(_path(state, step).read_text())
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        return None
    if content.keys() != {one.name for one in fields(Record)}:
        return None
    return Record(**{**content, "lines": tuple(content["lines"])})


def save(state: Path, record: Record) -> None:
    """Keep `record`, whole or not at all."""
    write_json(_path(state, record.step), asdict(record))


def forget(state: Path, step: str) -> None:
    """Drop the record of a step that is about to run: half done is not done."""
    _path(state, step).unlink(missing_ok=True)


def _path(state: Path, step: str) -> Path:
    return state / "records" / f"{step}.json"
