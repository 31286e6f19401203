"""What is to come true after operations, by what they are about. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from phaseline.operators.ai_operations.plans.model import (
    Absent,
    Create,
    Delete,
    EndpointsReady,
    Exists,
    ObjectReference,
    Operation,
    Ready,
    Replicas,
    RolledOut,
    Scale,
    Wish,
)

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_BECOME_READY = ("Pod", "Job", "PersistentVolumeClaim")


def wishes(operations: Iterable[Operation]) -> tuple[Wish, ...]:
    """One for each object: of several operations on it, the last says what it is to be."""
    last = {one.target: one for one in operations}
    return tuple(_wish(target, one) for target, one in last.items())


def _wish(target: ObjectReference, one: Operation) -> Wish:
    if isinstance(one, Delete):
        return Absent(target=target)
    if isinstance(one, Scale):
        return Replicas(target=target, count=one.replicas)
    if target.kind in _WORKLOADS:
        return RolledOut(target=target)
    if target.kind in _BECOME_READY:
        return Ready(target=target)
    if target.kind == "Service" and isinstance(one, Create) and _selects(one):
        return EndpointsReady(target=target)
    return Exists(target=target)


def _selects(one: Create) -> bool:
    spec = one.manifest.get("spec")
    return isinstance(spec, dict) and bool(spec.get("selector"))
