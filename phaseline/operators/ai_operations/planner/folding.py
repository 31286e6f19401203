"""Several changes of one object, made one; also of an object that the same request makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phaseline.operators.ai_operations.plans.model import Create, Operation, Patch, Scale

_KEYS = {"containers": "name", "env": "name", "ports": "containerPort", "volumes": "name"}
_KEYS |= {"volumeMounts": "mountPath"}


def folded(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The operations, with one for each object that is made, patched or scaled."""
    made: list[Operation] = []
    for one in operations:
        if one in made:
            continue
        place = next((i for i, before in enumerate(made) if before.target == one.target), -1)
        joined = _joined(made[place], one) if place >= 0 else None
        if joined:
            made[place] = joined
        else:
            made.append(one)
    return tuple(made)


def _joined(before: Operation, one: Operation) -> Operation | None:
    """Two operations on one object as one; None where that cannot be."""
    after = _strategic(one)
    if after is None:
        return None
    if isinstance(before, Create):
        return Create(manifest=_merged(before.manifest, after.patch))
    first = _strategic(before)
    if first is None or first.strategy != after.strategy:
        return None
    reason = ", ".join(filter(None, (first.reason, after.reason)))
    patch = _merged(first.patch, after.patch, of_patch=True)
    return Patch(target=one.target, patch=patch, strategy=first.strategy, reason=reason)


def _strategic(one: Operation) -> Patch | None:
    """A patch or a scaling as a patch."""
    if isinstance(one, Scale):
        spec = {"spec": {"replicas": one.replicas}}
        return Patch(target=one.target, patch=spec, reason=f"{one.replicas} replicas")
    return one if isinstance(one, Patch) else None


def _merged(
    content: Mapping[str, Any], patch: Mapping[str, Any], *, of_patch: bool = False
) -> dict[str, Any]:
    """A strategic merge patch as far as the planner writes such.

    Args:
        of_patch: `content` is a patch, too, in which null goes on saying that a field goes away.
    """
    merged = dict(content)
    for name, value in patch.items():
        old = merged.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            merged[name] = _merged(old, value, of_patch=of_patch)
        elif isinstance(value, list) and isinstance(old, list) and name in _KEYS:
            merged[name] = _listed(old, value, _KEYS[name], of_patch=of_patch)
        elif value is None and not of_patch:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def _listed(old: list[Any], new: list[Any], key: str, *, of_patch: bool) -> list[Any]:
    if not all(key in one for one in (*old, *new)):
        return new
    found = {one[key]: one for one in old}
    for one in new:
        found[one[key]] = _merged(found.get(one[key], {}), one, of_patch=of_patch)
    return list(found.values())
