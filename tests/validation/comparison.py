"""What was asked for, compared with what is there: a server adds much and rewrites quantities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.operators.clusters.quantity import quantity


def missing(wanted: Any, there: Any, place: str = "") -> Iterator[str]:
    """Each place where `there` lacks what is `wanted`, or has it otherwise.

    What is wanted empty or zero may be decided by the server, such as a node port.
    """
    if wanted in (None, "", 0, [], {}):
        return
    if isinstance(wanted, Mapping):
        for key, value in wanted.items():
            found = there.get(key) if isinstance(there, Mapping) else None
            yield from missing(value, found, f"{place}.{key}".lstrip("."))
    elif isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        for number, (one, other) in enumerate(zip(wanted, there, strict=True)):
            yield from missing(one, other, f"{place}[{number}]")
    elif wanted != there and not _same_amount(wanted, there):
        yield f"{place} is {there!r}, not {wanted!r}"


def _same_amount(one: Any, other: Any) -> bool:
    texts = (str(one), str(other))
    return all(text[:1].isdigit() for text in texts) and _amount(texts[0]) == _amount(texts[1])


def _amount(text: str) -> float | str:
    try:
        return quantity(text)
    except CheckFailed:
        return text
