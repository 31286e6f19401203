"""Waiting until all that was wished for is true at once; given up as soon as it cannot be."""

from __future__ import annotations

import time
from collections.abc import Sequence

from phaseline.core.errors import CheckFailed, TimedOut
from phaseline.operators.ai_operations.execution.seeing import missing, pods_of
from phaseline.operators.ai_operations.plans.model import NoRestarts, ObjectReference, Wish
from phaseline.operators.ai_operations.view import ClusterView, Object
from phaseline.operators.deployments.diagnosis import Restarts, causes, restarts
from phaseline.process import journal
from phaseline.process.groups import pause

LIMIT = 90.0
_EVERY = 0.3
_WITH_PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "ReplicaSet")


def verify(wishes: Sequence[Wish], view: ClusterView, limit: float = LIMIT) -> None:
    """Wait until no wish waits for anything.

    Raises:
        CheckFailed: a pod will not come up, with the cause. TimedOut: with what is still awaited.
    """
    deadline = time.monotonic() + limit
    workloads = [one.target for one in wishes if one.target.kind in _WITH_PODS]
    before = restarts(pods_of(workloads, view))
    bad_since: dict[str, float] = {}
    while left := [text for one in wishes if (text := missing(one, view))]:
        now = time.monotonic()
        _give_up(_hopeless(workloads, view, before), bad_since, now)
        if now > deadline:
            raise TimedOut(f"it is not so after {limit:.0f} s", why="; ".join(left))
        journal.progress(f"waiting for {left[0]}")
        pause(_EVERY)
    for one in wishes:
        if isinstance(one, NoRestarts):
            _stays(one, view)


def _hopeless(
    workloads: Sequence[ObjectReference], view: ClusterView, before: Restarts
) -> list[tuple[str, str, float]]:
    """What keeps pods from running that time will not cure: where, why, how long it may last."""
    pods = [pod for pod in pods_of(workloads, view) if _counts(pod, view)]
    events = [e for space in {o.namespace for o in workloads} for e in view.items("Event", space)]
    return [
        (f"pod {one.pod} {one.container}".strip(), f"{one.reason}: {one.message}", one.patience)
        for one in causes(pods, events, before)
    ]


def _counts(pod: Object, view: ClusterView) -> bool:
    """Whether a pod is of its workload's newest template; older ones may be ill, they leave."""
    for owner in pod["metadata"].get("ownerReferences", []):
        if owner["kind"] == "ReplicaSet":
            target = ObjectReference(
                kind="ReplicaSet", name=owner["name"], namespace=pod["metadata"]["namespace"]
            )
            found = view.find(target)
            return bool(found and found["spec"].get("replicas"))
    return True


def _give_up(found: list[tuple[str, str, float]], bad_since: dict[str, float], now: float) -> None:
    for gone in set(bad_since) - {where for where, _, _ in found}:
        del bad_since[gone]
    for where, why, patience in found:
        if now - bad_since.setdefault(where, now) > patience:
            raise CheckFailed(f"{where} does not come up", why=why)


def _stays(wish: NoRestarts, view: ClusterView) -> None:
    """See that the pods keep on running.

    Raises:
        CheckFailed: one was restarted, or is not ready any more.
    """
    before = restarts(pods_of([wish.target], view))
    deadline = time.monotonic() + wish.seconds
    while time.monotonic() < deadline:
        journal.progress(f"seeing whether {wish.target} keeps on running")
        pause(1.0)
        now = restarts(pods_of([wish.target], view))
        if again := [name for name, count in now.items() if count > before.get(name, 0)]:
            pod, container = again[0]
            raise CheckFailed(f"pod {pod}, container {container} does not keep on running")
