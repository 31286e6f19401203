"""States that somebody has set, or that are stuck: no replicas, paused, suspended, terminating."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import quoted
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule, change
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import (
    Object,
    Ref,
    condition,
    labels,
    leaving,
    matches,
    ref,
    selects,
    wanted,
)

_WEBHOOK = re.compile(r'failed calling webhook "(?P<name>[^"]+)"')
_HELD = ("PersistentVolumeClaim", "Pod", "Service", "ConfigMap", "Deployment", "Job", "Ingress")
_LEFT = (
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
    "NamespaceDeletionContentFailure",
)


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """What is as somebody has set it, and keeps things from working."""
    for workload in snapshot.workloads(namespace):
        yield from _stopped(snapshot, workload)
        yield from _webhooks(snapshot, workload)
    for one in snapshot.all("CronJob", namespace):
        if one["spec"].get("suspend"):
            yield _suspended(one)
    for one in snapshot.all("PodDisruptionBudget", namespace):
        yield from _budget(snapshot, one)
    yield from _terminating(snapshot, namespace)


def _stopped(snapshot: Snapshot, workload: Workload) -> Iterator[Cause]:
    one = workload.object
    scaled = any(
        each["spec"]["scaleTargetRef"]["name"] == workload.ref.name
        for each in snapshot.all("HorizontalPodAutoscaler", workload.ref.namespace)
    )
    used = [
        ref(each)
        for each in snapshot.all("Service", workload.ref.namespace)
        if matches(each["spec"].get("selector"), labels(one))
    ]
    if workload.ref.kind in ("Deployment", "StatefulSet") and wanted(one) == 0:

        def by(made: Any) -> None:
            made["spec"]["replicas"] = 1

        yield Cause(
            rule="no-replicas",
            subject=workload.ref,
            what=f"{workload.ref} is scaled to 0: nothing of it runs",
            evidence=("replicas is 0", *(f"{each} leads to it" for each in used)),
            edits=(change(one, "1 replica", by),),
            about=tuple(used),
            confidence=0.8 if used or scaled else 0.5,
        )
    status = one.get("status", {})
    behind = status.get("updatedReplicas", 0) < wanted(one)
    if workload.ref.kind == "Deployment" and one["spec"].get("paused") and behind:

        def resume(made: Any) -> None:
            made["spec"]["paused"] = False

        yield Cause(
            rule="paused",
            subject=workload.ref,
            what=f"the rollout of {workload.ref} is paused: its newest template does not run",
            evidence=(f"{status.get('updatedReplicas', 0)} of {wanted(one)} updated",),
            edits=(change(one, "not paused", resume),),
            confidence=0.8,
        )


def _suspended(one: Object) -> Cause:
    def by(made: Any) -> None:
        made["spec"]["suspend"] = False

    return Cause(
        rule="suspended",
        subject=ref(one),
        what=f"{ref(one)} is suspended: no Job is made on its schedule",
        evidence=("suspend is true", f"schedule {one['spec']['schedule']}"),
        edits=(change(one, "not suspended", by),),
        confidence=0.6,
    )


def _budget(snapshot: Snapshot, one: Object) -> Iterator[Cause]:
    """A budget that never lets a pod be evicted, though all that it selects are well."""
    spec, status = one["spec"], one.get("status", {})
    place = one["metadata"].get("namespace", "")
    count = status.get("expectedPods", 0)
    well = status.get("currentHealthy", 0) >= count > 0
    if not well or status.get("disruptionsAllowed", 0) > 0:
        return
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if not (most in (0, "0%") or least == "100%" or (isinstance(least, int) and least >= count)):
        return
    new: dict[str, Any] = {"minAvailable": count - 1} if count > 1 and least is not None else {}

    def by(made: Any) -> None:
        for name in ("minAvailable", "maxUnavailable"):
            made["spec"].pop(name, None)
        made["spec"].update(new or {"maxUnavailable": 1})

    yield Cause(
        rule="budget",
        subject=ref(one),
        what=f"{ref(one)} never lets a pod be evicted: a node that holds one cannot be drained",
        evidence=(f"minAvailable {least}, maxUnavailable {most}, {count} pods, all healthy",),
        edits=(change(one, f"{new or {'maxUnavailable': 1}}", by),),
        about=tuple(
            w.ref
            for w in snapshot.workloads(place)
            if selects(spec.get("selector"), labels(w.object))
        ),
        confidence=0.65,
    )


def _terminating(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    space = snapshot.get("Namespace", "", namespace)
    if space and leaving(space):
        said = [condition(space, kind).get("message", "") for kind in _LEFT]
        what = f"the namespace {namespace} is being deleted: nothing can be made in it"
        advice = "let go of what remains in it, as told above"
        yield Cause(
            rule="terminating", subject=ref(space), what=what, evidence=quoted(said), advice=advice
        )
    for kind in (
        "PersistentVolumeClaim",
        "Pod",
        "Service",
        "ConfigMap",
        "Deployment",
        "Job",
        "Ingress",
    ):
        for one in snapshot.all(kind, namespace):
            held = [f for f in one["metadata"].get("finalizers") or () if "/" in f]
            foreign = [
                f for f in held if not f.startswith(("kubernetes.io/", "batch.kubernetes.io/"))
            ]
            if leaving(one) and foreign:
                yield _held(one, foreign)


def _held(one: Object, finalizers: list[str]) -> Cause:
    def by(made: Any) -> None:
        kept = [f for f in made["metadata"]["finalizers"] if f not in finalizers]
        made["metadata"]["finalizers"] = kept

    return Cause(
        rule="finalizer",
        subject=ref(one),
        what=f"{ref(one)} is being deleted and waits for {', '.join(finalizers)}",
        evidence=(f"deletionTimestamp {one['metadata']['deletionTimestamp']}",),
        edits=(change(one, f"without {', '.join(finalizers)}", by),),
        confidence=0.5,  # whoever set it may still have something to clean up
        advice="take the finalizer away only where the program that has set it is gone",
    )


def _webhooks(snapshot: Snapshot, workload: Workload) -> Iterator[Cause]:
    for text in snapshot.messages(workload, "FailedCreate")[-1:]:
        if found := _WEBHOOK.search(text):
            yield Cause(
                rule="webhook",
                subject=workload.ref,
                what=f"the admission webhook {found['name']} does not answer: no pod may be made",
                evidence=quoted([text]),
                about=tuple(_configured(snapshot, found["name"])),
                advice="bring its service up, or take the webhook's configuration away",
            )


def _configured(snapshot: Snapshot, name: str) -> Iterator[Ref]:
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for one in snapshot.all(kind):
            if any(each["name"] == name for each in one.get("webhooks") or ()):
                yield ref(one)


RULE = Rule("state", ("Deployment", "CronJob", "PodDisruptionBudget", "Namespace"), find)
