from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.kept import Kept


@dataclass(frozen=True, kw_only=True)
class Thing(Kept):
    name: str
    parts: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


THING = Thing(name="one", parts=("a", "b"), about={"c": "d"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert Thing.read(THING.write(tmp_path / "new" / "thing.json")) == THING


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"version": None}, {"more": 1}, {"name": None, "nom": "one"}],
)
def test_what_is_of_another_form_is_not_there(tmp_path: Path, change: dict[str, Any]) -> None:
    path = THING.write(tmp_path / "thing.json")
    told = json.loads(path.read_text()) | change
    path.write_text(json.dumps({key: value for key, value in told.items() if value is not None}))
    assert Thing.read(path) is None


@pytest.mark.parametrize("content", [None, "", "{", "[]", "7", "\xff"])
def test_what_is_no_such_file_is_not_there(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "thing.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    assert Thing.read(path) is None
