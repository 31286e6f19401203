"""Nodes, volumes and webhooks: what belongs to the cluster and not to a namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from phaseline.operators.ai_operations.analysis.finding import Finding, Severity
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import condition, finished, leaving, ref
from phaseline.operators.ai_operations.snapshot.quantity import amount

_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
_FULL = 0.9
_HOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """All that belongs to no namespace."""
    yield from _nodes(snapshot)
    for one in snapshot.all("PersistentVolume"):
        phase = one.get("status", {}).get("phase")
        if phase in ("Released", "Failed"):
            yield Finding(
                "volume", Severity.LOW, ref(one), f"it is {phase.lower()}: nobody can claim it"
            )
    for one in snapshot.all("Namespace"):
        if leaving(one):
            yield Finding("terminating", Severity.MEDIUM, ref(one), "it is being deleted")
    yield from _webhooks(snapshot)


def _nodes(snapshot: Snapshot) -> Iterator[Finding]:
    asked: dict[tuple[str, str], float] = defaultdict(float)
    counted: dict[str, int] = defaultdict(int)
    for pod in snapshot.all("Pod"):
        name = pod["spec"].get("nodeName", "")
        if finished(pod) or not name:
            continue
        counted[name] += 1
        for one in pod["spec"].get("containers") or ():
            for resource, value in ((one.get("resources") or {}).get("requests") or {}).items():
                asked[name, resource] += amount(value)
    for node in snapshot.all("Node"):
        name, allocatable = node["metadata"]["name"], node["status"].get("allocatable") or {}
        if condition(node, "Ready").get("status") != "True":
            why = condition(node, "Ready").get("message", "")
            yield Finding(
                "node-down", Severity.CRITICAL, ref(node), "the node is not ready", evidence=(why,)
            )
        for kind in _PRESSURES:
            if condition(node, kind).get("status") == "True":
                yield Finding("node-pressure", Severity.HIGH, ref(node), f"it has {kind}")
        if node["spec"].get("unschedulable"):
            yield Finding("cordoned", Severity.LOW, ref(node), "it is closed for new pods")
        for resource in ("cpu", "memory"):
            most = amount(allocatable.get(resource))
            if most and asked[name, resource] > _FULL * most:
                share = asked[name, resource] / most
                yield Finding(
                    "node-full",
                    Severity.MEDIUM,
                    ref(node),
                    f"{share:.0%} of its {resource} is asked for",
                )
        if (most := amount(allocatable.get("pods"))) and counted[name] > _FULL * most:
            yield Finding(
                "node-full", Severity.MEDIUM, ref(node), f"{counted[name]} of {most:.0f} pods"
            )


def _webhooks(snapshot: Snapshot) -> Iterator[Finding]:
    for kind in _HOOKS:
        for one in snapshot.all(kind):
            for hook in one.get("webhooks") or ():
                service = hook["clientConfig"].get("service")
                if service and not snapshot.get("Service", service["namespace"], service["name"]):
                    fails = hook.get("failurePolicy", "Fail") == "Fail"
                    severity = Severity.HIGH if fails else Severity.MEDIUM
                    what = f"{hook['name']} asks Service/{service['name']}, which is not there"
                    yield Finding("webhook", severity, ref(one), what)
