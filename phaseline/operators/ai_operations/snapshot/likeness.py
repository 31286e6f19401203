"""Which of some names was meant by one that is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE = 0.74
_LEAD = 0.04  # two that are as near as this are both meant, so none is


def likeness(one: str, other: str) -> float:
    """How like two names are: 1 for the same. A name that has the other as a part is near."""
    if one == other:
        return 1.0
    a, b = _plain(one), _plain(other)
    if a == b:
        return 0.98
    ratio = SequenceMatcher(None, a, b).ratio()
    if set(_words(one)) == set(_words(other)):
        ratio = max(ratio, 0.95)
    if len(a) > 2 and sorted(a) == sorted(b):  # two letters have changed places
        ratio = max(ratio, 0.9)
    contained = min(len(a), len(b)) >= 4 and (a in b or b in a)
    return max(ratio, 0.8 if contained else 0.0)


def meant(wrong: str, known: Iterable[str], *, least: float = _CLOSE) -> str:
    """The one of `known` that is like `wrong`; "" where none is, or two are."""
    ranked = sorted(((likeness(wrong, one), one) for one in set(known)), reverse=True)
    if not ranked or ranked[0][0] < least:
        return ""
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _LEAD:
        return ""
    return ranked[0][1]


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _words(name: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in name.lower()).split()
