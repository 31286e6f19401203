"""The form of every benchmark: cases with a figure and a limit, as a table or as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

# What a shell may tell Python. Figures are of its own settings: without the first of these a
# checkout gets its bytecode at its first run, and an installed package has it.
_OF_PYTHON = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")


def environment() -> dict[str, str]:
    """Our environment, for what is measured, without settings of Python's that would slow it."""
    return {name: value for name, value in os.environ.items() if name not in _OF_PYTHON}


@dataclass(frozen=True)
class Figure:
    """One measurement. `at_most` is in `unit`."""

    case: str
    figure: float
    unit: str
    at_most: float

    @property
    def ok(self) -> bool:
        """Whether the limit is kept."""
        return self.figure <= self.at_most


def show(figures: Sequence[Figure], *, as_json: bool) -> int:
    """Print the figures; returns the exit code: 1 when one falls short."""
    console = Console(highlight=False)
    if as_json:
        console.out(json.dumps([{**asdict(one), "ok": one.ok} for one in figures], indent=2))
    else:
        table = Table("case", "figure", "at most", "", box=None, pad_edge=False)
        for one in figures:
            verdict = "ok" if one.ok else "TOO MUCH"
            limit = f"{one.at_most:g} {one.unit}"
            table.add_row(one.case, f"{one.figure:.1f} {one.unit}", limit, verdict)
        console.print(table)
    return 0 if all(one.ok for one in figures) else 1
