"""Rows as a table or as JSON. Quick to import: nothing but the library."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from phaseline.cli.edge import say
from phaseline.core.times import age, duration

Row = Mapping[str, Any]


def show(
    rows: Sequence[Row], *, as_json: bool, last: str = "", hidden: tuple[str, ...] = ()
) -> int:
    """Print rows, all of one shape. Returns exit code 0.

    Args:
        last: a line below the table.
        hidden: columns that only JSON has.
    """
    if as_json:
        say(json.dumps(rows, indent=2))
        return 0
    say("\n".join(table(rows, hidden)))
    if last:
        say(f"\n{last}")
    return 0


def table(rows: Sequence[Row], hidden: tuple[str, ...] = ()) -> list[str]:
    """Lines: a heading and one for each row; on a terminal none is longer than it is wide.

    A column whose name ends in `_seconds` is shown in words, `age_seconds` as an age.
    """
    names = [name for name in (rows[0] if rows else ()) if name not in hidden]
    cells = [[name.removesuffix("_seconds") for name in names]]
    cells += [[_cell(name, row[name]) for name in names] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if sys.stdout.isatty():  # where nobody looks, a line is not cut
        wide = shutil.get_terminal_size().columns
        lines = [line if len(line) <= wide else f"{line[: wide - 1]}…" for line in lines]
    return lines


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "age_seconds":
        return age(value)
    if name.endswith("_seconds"):
        return duration(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return printable(str(value))


def printable(text: str) -> str:
    """`text` in one line, without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else " " for c in text)
