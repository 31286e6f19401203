"""What is plainly not as it should be, for where no cause is found: told, never repaired."""

from __future__ import annotations

from collections.abc import Iterator

from phaseline.operators.ai_operations.diagnosis.common import quoted, relapsing, running
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import (
    available,
    condition,
    ended,
    healthy,
    ready,
    ref,
    waiting,
    wanted,
)

_TOLD = ("FailedCreate", "FailedScheduling", "FailedMount", "Unhealthy", "BackOff", "Failed")


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Workloads that are not up, Services without endpoints, Jobs that have failed."""
    for workload in snapshot.workloads(namespace):
        if not healthy(workload.object) or _broken(workload):
            yield _workload(snapshot, workload)
    for service in snapshot.all("Service", namespace):
        selector = service["spec"].get("selector")
        pods = snapshot.selected(namespace, {"matchLabels": selector}) if selector else []
        if pods and not any(ready(pod) for pod in pods):
            owners = tuple(dict.fromkeys(snapshot.owner(pod) for pod in pods))
            what = f"{ref(service)} has no endpoint that is ready"
            yield Cause(
                rule="no-endpoints", subject=ref(service), what=what, about=owners, symptom=True
            )


def _broken(workload: Workload) -> bool:
    return any(
        waiting(one.status)[0] == "CrashLoopBackOff" or relapsing(one.status)
        for one in running(workload)
    )


def _workload(snapshot: Snapshot, workload: Workload) -> Cause:
    states, logs = [], []
    for one in running(workload):
        reason, end = waiting(one.status)[0], ended(one.status)
        if reason or end.get("exitCode"):
            code = f", ended with exit code {end['exitCode']}" if end.get("exitCode") else ""
            states.append(f"{one.name}: {reason or end.get('reason', '')}{code}")
            logs += one.logs(snapshot).splitlines()[-3:]
    failed = condition(workload.object, "Failed").get("message", "")
    seen = [*states, failed, *snapshot.messages(workload, *_TOLD)[-2:], *logs]
    return Cause(
        rule="not-available",
        subject=workload.ref,
        what=f"{workload.ref}: {available(workload.object)} of {wanted(workload.object)} available",
        evidence=quoted(seen, most=6),
        advice="read its last lines above",
        confidence=0.4,
        symptom=True,
    )


RULE = Rule("symptom", ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "Service"), find)
