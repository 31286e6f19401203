"""Whether two operations want different things of one object. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.plans.model import Operation, Patch

Path = tuple[str, ...]
# By which field the items of a list are told apart when a strategic patch is merged.
_KEYS = {"containers": "name", "initContainers": "name", "env": "name", "volumes": "name"}
_KEYS |= {"volumeMounts": "mountPath"}


def collide(one: Operation, other: Operation) -> bool:
    """Whether both cannot be done: they are about one object, and not patches of other fields."""
    if one.target != other.target:
        return False
    if not isinstance(one, Patch) or not isinstance(other, Patch):
        return one != other
    ours, theirs = list(leaves(one.patch)), list(leaves(other.patch))
    return any(_within(a, b) or _within(b, a) for a in ours for b in theirs)


def leaves(patch: Any, at: Path = ()) -> Iterator[Path]:
    """The paths of all fields that a patch sets or takes away."""
    if isinstance(patch, dict) and patch:
        for name, value in patch.items():
            yield from leaves(value, (*at, name))
    elif isinstance(patch, list) and at and (key := _KEYS.get(at[-1])):
        for one in patch:
            rest = {name: value for name, value in one.items() if name != key}
            yield from leaves(rest, (*at, str(one[key])))
    else:
        yield at


def _within(one: Path, other: Path) -> bool:
    return other[: len(one)] == one
