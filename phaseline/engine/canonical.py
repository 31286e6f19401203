"""Trees of JSON values that many have in common: one object and one digest for equal ones."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from phaseline.core.files import digest_text

_MANY = 8
_LARGE = 160  # characters of JSON from which it pays
_MOST = 256

_encode = json.JSONEncoder(sort_keys=True).encode
_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}  # as many parts are
_known: dict[int, tuple[Any, str]] = {}  # by identity; holding the tree keeps that its own
_one: dict[str, Any] = {}


def digest(tree: Any) -> str:
    """sha256 as hex over the canonical JSON of `tree`, which nobody changes any more."""
    return _found(tree)[0]


def is_large(tree: Any) -> bool:
    """Whether it pays to keep `tree` once for all that have it.

    Of trees that nobody has asked `one` for, only those with many members are looked at.
    """
    kept = _known.get(id(tree))
    known = kept is not None and kept[0] is tree
    return known or (isinstance(tree, dict) and len(tree) > _MANY and _found(tree)[1])


def one(tree: Any) -> Any:
    """The same object for equal large trees: comparing it with itself takes no time."""
    found, large = _found(tree)
    return _one.setdefault(found, tree) if large else tree


@lru_cache(maxsize=256)
def _digest(text: str) -> str:
    return digest_text(text)


def _found(tree: Any) -> tuple[str, bool]:
    kept = _known.get(id(tree))
    if kept is not None and kept[0] is tree:
        return kept[1], True
    text = _encode(tree) if tree else _EMPTY.get(type(tree)) or _encode(tree)
    found, large = _digest(text), len(text) >= _LARGE
    if large:
        if len(_known) >= _MOST:
            _known.clear()
            _one.clear()
        _known[id(tree)] = tree, found
    return found, large
