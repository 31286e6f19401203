"""State files of ours: a frozen dataclass each, kept as JSON with its format version.

Reading one takes no validator: importing that takes longer than all that a run with nothing to do
reads. What is not of the form that was written counts as not there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from phaseline.core.files import write_atomic


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept in a file; its fields are texts, numbers, and mappings and tuples of those."""

    VERSION: ClassVar[int] = 1

    def write(self, path: Path) -> Path:
        """Keep it at `path`, atomically."""
        content = {"version": self.VERSION, **asdict(self)}
        return write_atomic(path, json.dumps(content, indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """What is kept at `path`; None where nothing of this form and version is."""
        try:
            content = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        names = {"version", *(field.name for field in fields(cls))}
        if not isinstance(content, dict) or content.keys() != names:
            return None
        if content.pop("version") != cls.VERSION:
            return None
        return cls(**{name: _frozen(value) for name, value in content.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
