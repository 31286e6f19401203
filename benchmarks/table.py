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
    """One measurement. `at_most` and `at_least` are in `unit`; one of them is given."""

    case: str
    figure: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the limit is kept."""
        enough = self.at_least is None or self.figure >= self.at_least
        return enough and (self.at_most is None or self.figure <= self.at_most)

    @property
    def limit(self) -> str:
        """The limit in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g} {self.unit}"
        return f"at most {self.at_most:g} {self.unit}"

    @property
    def verdict(self) -> str:
        """Whether the limit is kept, in words."""
        return "ok" if self.ok else "TOO MUCH" if self.at_least is None else "TOO LITTLE"

    def told(self) -> dict[str, object]:
        """The figure as plain values; of the limits the one that it has."""
        values = asdict(self) | {"ok": self.ok}
        return {name: value for name, value in values.items() if value is not None}


def show(figures: Sequence[Figure], *, as_json: bool) -> int:
    """Print the figures; returns the exit code: 1 when one falls short."""
    console = Console(highlight=False)
    if as_json:
        console.out(json.dumps([one.told() for one in figures], indent=2))
    else:
        table = Table("case", "figure", "limit", "", box=None, pad_edge=False)
        for one in figures:
            table.add_row(one.case, f"{one.figure:.1f} {one.unit}", one.limit, one.verdict)
        console.print(table)
    return 0 if all(one.ok for one in figures) else 1
