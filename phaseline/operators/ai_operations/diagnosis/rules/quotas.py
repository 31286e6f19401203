"""Pods that are refused because of a ResourceQuota or a LimitRange."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import edit_spec, quoted
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Ref, available, wanted
from phaseline.operators.ai_operations.snapshot.quantity import amount, written

_EXCEEDED = re.compile(
    r"exceeded quota: (?P<quota>\S+), requested: (?P<asked>\S+), "
    r"used: (?P<used>\S+), limited: (?P<most>\S+)"
)
_UNSAID = re.compile(r"failed quota: (?P<quota>\S+): must specify (?P<what>[^\n]+)")
_RANGE = re.compile(
    r"(?P<end>maximum|minimum) (?P<resource>cpu|memory) usage per (?:Container|Pod) "
    r"is (?P<bound>[\w.]+)"
)
_LEAST = {"cpu": 0.01, "memory": 32 * 2**20}
_USUAL = {"cpu": 0.1, "memory": 128 * 2**20}


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Workloads whose pods admission refuses."""
    for workload in snapshot.workloads(namespace):
        if available(workload.object) >= wanted(workload.object):
            continue
        messages = snapshot.messages(workload, "FailedCreate")
        if not messages:
            continue
        for pattern, of in ((_EXCEEDED, _exceeded), (_UNSAID, _unsaid), (_RANGE, _range)):
            if found := pattern.search(messages[-1]):
                yield of(snapshot, workload, found, messages[-1])


def _pairs(text: str) -> dict[str, float]:
    parts = (one.partition("=") for one in text.split(",") if "=" in one)
    return {name: amount(value) for name, _, value in parts}


def _exceeded(snapshot: Snapshot, workload: Workload, found: re.Match[str], said: str) -> Cause:
    quota = Ref("ResourceQuota", workload.ref.namespace, found["quota"].rstrip(","))
    asked, used, most = (_pairs(found[name]) for name in ("asked", "used", "most"))
    lacking = max(1, wanted(workload.object) - available(workload.object))
    new: dict[str, float] = {}
    for name in asked:
        share = (most[name] - used[name]) / lacking
        plain = name.removeprefix("requests.").removeprefix("limits.")
        if plain not in _LEAST or share < _LEAST[plain]:
            return _full(workload, quota, said)
        new[name if "." in name else f"requests.{name}"] = share
    count = len(workload.spec["containers"])

    def by(spec: Any) -> None:
        for one in spec["containers"]:
            resources = one.setdefault("resources", {})
            for name, share in new.items():
                side, _, resource = name.partition(".")
                _lower(resources, side, resource, share / count)

    words = ", ".join(f"{name} {written(name, share)} a pod" for name, share in new.items())
    return Cause(
        rule="quota",
        subject=workload.ref,
        what=f"{workload.ref} asks for more than {quota} leaves",
        evidence=quoted([said]),
        edits=(edit_spec(workload, words, by),),
        about=(quota,),
        confidence=0.8,
        advice=f"or raise {quota}, where that is yours to decide",
    )


def _lower(resources: Any, side: str, resource: str, most: float) -> None:
    """Have at most `most` of a resource; a request is never above its limit."""
    values = resources.setdefault(side, {})
    usual = _USUAL.get(resource, most)
    now = amount(values.get(resource)) or usual
    if now > most or resource not in values:
        # a little below, for amounts are rounded up when they are written
        values[resource] = written(
            resource, max(_floor(resource, min(now, most)), _LEAST[resource] / 2)
        )
    other = resources.get("requests" if side == "limits" else "limits", {})
    if side == "limits" and amount(other.get(resource)) > amount(values[resource]):
        other[resource] = values[resource]


def _floor(resource: str, value: float) -> float:
    step = 0.001 if resource == "cpu" else 2**20
    return value // step * step


def _full(workload: Workload, quota: Ref, said: str) -> Cause:
    return Cause(
        rule="quota",
        subject=workload.ref,
        what=f"{quota} is used up",
        evidence=quoted([said]),
        about=(quota,),
        advice=f"raise {quota}, or remove or scale down something that uses it",
    )


def _unsaid(snapshot: Snapshot, workload: Workload, found: re.Match[str], said: str) -> Cause:
    names = set(re.findall(r"(?:limits|requests)\.(?:cpu|memory)", found["what"]))
    names |= {
        f"requests.{name}" for name in re.findall(r"(?<![.\w])(?:cpu|memory)\b", found["what"])
    }

    def by(spec: Any) -> None:
        for one in spec["containers"]:
            resources = one.setdefault("resources", {})
            for name in sorted(names):
                side, _, resource = name.partition(".")
                other = resources.get("requests" if side == "limits" else "limits", {})
                value = other.get(resource) or written(resource, _USUAL[resource])
                resources.setdefault(side, {}).setdefault(resource, value)

    quota = Ref("ResourceQuota", workload.ref.namespace, found["quota"])
    return Cause(
        rule="quota-unsaid",
        subject=workload.ref,
        what=f"{quota} lets in only pods that say their {', '.join(sorted(names))}",
        evidence=quoted([said]),
        edits=(edit_spec(workload, f"{', '.join(sorted(names))} for each container", by),),
        about=(quota,),
        confidence=0.85,
    )


def _range(snapshot: Snapshot, workload: Workload, found: re.Match[str], said: str) -> Cause:
    resource, bound, least = (
        found["resource"],
        found["bound"].rstrip("."),
        found["end"] == "minimum",
    )
    value = amount(bound)

    def by(spec: Any) -> None:
        for one in spec["containers"]:
            for side in ("requests", "limits"):
                now = ((one.get("resources") or {}).get(side) or {}).get(resource)
                if now and (amount(now) < value if least else amount(now) > value):
                    one["resources"][side][resource] = bound

    return Cause(
        rule="limit-range",
        subject=workload.ref,
        what=f"{workload.ref} does not keep a LimitRange's {found['end']} of {bound} {resource}",
        evidence=quoted([said]),
        edits=(edit_spec(workload, f"{resource} within {bound}", by),),
        confidence=0.85,
    )


RULE = Rule("quota", ("ResourceQuota", "LimitRange", "Event"), find)
