"""Containers that are ended because they need more memory than they may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import (
    Running,
    earlier,
    edit_container,
    running,
    siblings,
)
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import Object, ended, waiting
from phaseline.operators.ai_operations.snapshot.quantity import amount, memory

_STEP = 64 * 2**20
_LEAST = 128 * 2**20
_TOO_LOW = "memory limit too low"


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Containers that were OOM-killed, or that could not start within their limit."""
    for workload in snapshot.troubled(namespace):
        seen = set()
        for one in running(workload):
            if one.name not in seen and (told := _killed(one)):
                seen.add(one.name)
                yield _cause(snapshot, one, told)


def _killed(one: Running) -> str:
    end, message = ended(one.status), waiting(one.status)[1]
    if end.get("reason") == "OOMKilled":
        restarts = one.status.get("restartCount", 0)
        return f"OOMKilled, exit code {end.get('exitCode')}, {restarts} restarts"
    texts = (message, end.get("message", ""))
    return next((text for text in texts if _TOO_LOW in text or "OOM-killed" in text), "")


def limit(container: Object) -> float:
    """A container's limit of memory in bytes; 0 for none."""
    return amount(((container.get("resources") or {}).get("limits") or {}).get("memory"))


def _cause(snapshot: Snapshot, one: Running, told: str) -> Cause:
    now = limit(one.specified)
    if not now:
        return Cause(
            rule="memory",
            subject=one.workload.ref,
            what=f"{one.name} was ended because its node had no memory left",
            evidence=(told,),
            advice="set a request and a limit of memory, or give the node more",
            confidence=0.7,
        )
    new, why = _reasoned(snapshot, one, now)

    def by(container: Any) -> None:
        resources = container["resources"]
        resources["limits"]["memory"] = memory(new)

    words = f"memory limit of {one.name}: {memory(new)} instead of {memory(now)}"
    return Cause(
        rule="memory",
        subject=one.workload.ref,
        what=f"{one.name} needs more memory than its limit of {memory(now)}",
        evidence=(told[:240], f"limits.memory is {memory(now)}", why),
        edits=(edit_container(one.workload, one.name, words, by),),
        confidence=0.92,
    )


def _reasoned(snapshot: Snapshot, one: Running, now: float) -> tuple[float, str]:
    """What a template before or another workload of the image has, else twice as much."""
    image = one.specified["image"]
    for source, known in (
        ("the revision before", earlier(one.workload, one.name)),
        ("another workload of its image", siblings(snapshot, one.workload, image)),
    ):
        larger = [limit(each) for each in known if limit(each) > now]
        if larger:
            return larger[0], f"{source} has {memory(larger[0])}"
    doubled = max(_LEAST, 2 * now)
    return -(-doubled // _STEP) * _STEP, "twice as much, at least 128Mi, in steps of 64Mi"


RULE = Rule("memory", ("Pod",), find)
