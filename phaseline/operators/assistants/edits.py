"""Changes of a text by lines, and the same changes carried over to the template it came from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Edit:
    """Lines `start` to `end`, counted from 1, become `lines`; with `end` < `start` they are put in
    before line `start`.
    """

    start: int
    end: int
    lines: tuple[str, ...]


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with `edits`, which do not overlap (see `apart`)."""
    lines = text.split("\n")
    for edit in sorted(edits, reverse=True):
        lines[edit.start - 1 : edit.end] = edit.lines
    return "\n".join(lines)


def apart(edits: Iterable[Edit]) -> list[Edit]:
    """Those of `edits` that do not overlap one before them."""
    chosen: list[Edit] = []
    taken: set[int] = set()
    for edit in edits:
        lines = set(range(edit.start, max(edit.end, edit.start) + 1))
        if not lines & taken:
            chosen.append(edit)
            taken |= lines
    return sorted(chosen)


def carry(edits: Iterable[Edit], rendered: str, template: str) -> list[Edit]:
    """`edits` of a rendered text as edits of its template.

    Left out are those of lines that do not stand in the template as they are.
    """
    places = _places(rendered.split("\n"), template.split("\n"))
    carried = (_carried(edit, places) for edit in edits)
    return [edit for edit in carried if edit]


def _places(rendered: Sequence[str], template: Sequence[str]) -> dict[int, int]:
    """For each rendered line that the template has too, its number there; both from 1."""
    matcher = difflib.SequenceMatcher(None, rendered, template)
    return {
        block.a + offset + 1: block.b + offset + 1
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }


def _carried(edit: Edit, places: dict[int, int]) -> Edit | None:
    if edit.end < edit.start:
        if edit.start in places:
            start = places[edit.start]
        elif edit.start - 1 in places:
            start = places[edit.start - 1] + 1
        else:
            return None
        return Edit(start, start - 1, edit.lines)
    lines = [places.get(number) for number in range(edit.start, edit.end + 1)]
    first = lines[0]
    if first is None or lines != list(range(first, first + len(lines))):
        return None
    return Edit(first, first + len(lines) - 1, edit.lines)


def between(old: str, new: str) -> list[Edit]:
    """The edits that make `new` of `old`."""
    if old == new:
        return []
    before, after = old.split("\n"), new.split("\n")
    matcher = difflib.SequenceMatcher(None, before, after)
    return [
        Edit(start + 1, end, tuple(after[first:last]))
        for kind, start, end, first, last in matcher.get_opcodes()
        if kind != "equal"
    ]
