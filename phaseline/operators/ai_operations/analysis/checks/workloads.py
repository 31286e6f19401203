"""How workloads are specified: probes, resources, images, users, numbers of pods."""

from __future__ import annotations

from collections.abc import Iterator

from phaseline.operators.ai_operations.analysis.finding import Finding, Severity
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import (
    Object,
    labels,
    matches,
    ports,
    selects,
    statuses,
    wanted,
)

_SERVING = ("Deployment", "StatefulSet", "DaemonSet")
_MANY_RESTARTS = 5
_WORDS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "PRIVATE_KEY")


def check(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    """All of a namespace's workloads."""
    for workload in snapshot.workloads(namespace):
        for one in workload.spec.get("containers") or ():
            yield from _container(workload, one)
        yield from _pod(snapshot, workload)
        if workload.ref.kind in _SERVING:
            yield from _serving(snapshot, workload)


def _container(workload: Workload, one: Object) -> Iterator[Finding]:
    name, at = one["name"], workload.ref
    requests = (one.get("resources") or {}).get("requests") or {}
    limits = (one.get("resources") or {}).get("limits") or {}
    image = one["image"].partition("@")
    if not image[1] and image[0].rpartition("/")[2].partition(":")[2] in ("", "latest"):
        what = f"{name} runs {one['image']}: which version that is changes"
        yield Finding("latest-tag", Severity.MEDIUM, at, what, "name a version or a digest")
    for resource in ("cpu", "memory"):
        if resource not in requests and resource not in limits:
            yield Finding("no-request", Severity.LOW, at, f"{name} asks for no {resource}")
    if "memory" not in limits:
        yield Finding("no-memory-limit", Severity.LOW, at, f"{name} has no limit of memory")
    if workload.ref.kind in _SERVING and one.get("ports"):
        if "readinessProbe" not in one:
            advice = "with a readiness probe, only pods that answer are sent requests"
            yield Finding(
                "no-readiness", Severity.MEDIUM, at, f"{name} has no readiness probe", advice
            )
        if "livenessProbe" not in one:
            yield Finding("no-liveness", Severity.LOW, at, f"{name} has no liveness probe")
    if one.get("livenessProbe") and one.get("livenessProbe") == one.get("readinessProbe"):
        what = f"{name}: liveness asks just as readiness: being busy restarts it"
        yield Finding("same-probes", Severity.LOW, at, what)
    yield from _rights(workload, one)
    for variable in one.get("env") or ():
        if _is_secret(variable):
            what = f"{name} has the variable {variable['name']} in plain text"
            yield Finding("plain-secret", Severity.HIGH, at, what, "take it from a Secret")


def _rights(workload: Workload, one: Object) -> Iterator[Finding]:
    name, at = one["name"], workload.ref
    own = one.get("securityContext") or {}
    both = {**(workload.spec.get("securityContext") or {}), **own}
    if own.get("privileged"):
        yield Finding("privileged", Severity.HIGH, at, f"{name} is privileged: it owns its node")
    if not both.get("runAsNonRoot") and not both.get("runAsUser"):
        yield Finding(
            "may-be-root", Severity.MEDIUM, at, f"{name} may run as root", "runAsNonRoot: true"
        )
    if own.get("allowPrivilegeEscalation", True) and not own.get("privileged"):
        yield Finding("escalation", Severity.LOW, at, f"{name} may gain rights by setuid programs")
    if not own.get("readOnlyRootFilesystem"):
        yield Finding(
            "writable-root", Severity.HINT, at, f"{name} may change its own image's files"
        )
    if added := (own.get("capabilities") or {}).get("add"):
        yield Finding("capabilities", Severity.MEDIUM, at, f"{name} adds {', '.join(added)}")


def _pod(snapshot: Snapshot, workload: Workload) -> Iterator[Finding]:
    spec, at = workload.spec, workload.ref
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield Finding(
                "host-namespace", Severity.HIGH, at, f"{field}: it sees what is its node's"
            )
    for volume in spec.get("volumes") or ():
        if path := (volume.get("hostPath") or {}).get("path"):
            yield Finding("host-path", Severity.MEDIUM, at, f"it mounts {path} of its node")
    account = spec.get("serviceAccountName") or "default"
    if account == "default" and spec.get("automountServiceAccountToken", True):
        what = "it is given the token of the account `default`"
        yield Finding(
            "default-token", Severity.LOW, at, what, "automountServiceAccountToken: false"
        )
    if at.kind == "Pod" and not workload.object["metadata"].get("ownerReferences"):
        yield Finding(
            "naked-pod", Severity.MEDIUM, at, "nobody makes this pod again when it is gone"
        )
    worst = max(
        (one.get("restartCount", 0) for pod in workload.pods for one in statuses(pod)), default=0
    )
    if worst >= _MANY_RESTARTS:
        yield Finding("restarts", Severity.MEDIUM, at, f"a container was restarted {worst} times")


def _serving(snapshot: Snapshot, workload: Workload) -> Iterator[Finding]:
    place, at, one = workload.ref.namespace, workload.ref, workload.object
    own = labels(one)
    if at.kind == "DaemonSet" or wanted(one) == 0:
        return
    served = any(
        matches(each["spec"].get("selector"), own) for each in snapshot.all("Service", place)
    )
    if at.kind == "Deployment" and wanted(one) == 1 and served:
        yield Finding("single-replica", Severity.LOW, at, "one pod serves: a crash is an outage")
    guarded = any(
        selects(each["spec"].get("selector"), own)
        for each in snapshot.all("PodDisruptionBudget", place)
    )
    if wanted(one) > 1 and not guarded:
        what = "no disruption budget: a drain may take all its pods at once"
        yield Finding("no-budget", Severity.LOW, at, what)
    scaled = [
        each
        for each in snapshot.all("HorizontalPodAutoscaler", place)
        if each["spec"]["scaleTargetRef"]["name"] == at.name
    ]
    for each in scaled:
        if each["spec"].get("maxReplicas") == each.get("status", {}).get("currentReplicas"):
            yield Finding("at-maximum", Severity.MEDIUM, at, "its autoscaler is at its maximum")
    if wanted(one) > 1 and list(ports(workload.spec)) and _together(workload):
        what = f"all its {len(workload.pods)} pods are on one node"
        yield Finding("together", Severity.LOW, at, what, "topologySpreadConstraints")


def _together(workload: Workload) -> bool:
    return len(workload.pods) > 1 and len({p["spec"].get("nodeName") for p in workload.pods}) == 1


def _is_secret(variable: Object) -> bool:
    """Whether a plain value is what its name says is secret, not the path to it."""
    name, value = variable["name"].upper(), variable.get("value", "")
    named = any(word in name for word in _WORDS) and not name.endswith(("_FILE", "_PATH", "_NAME"))
    return bool(value) and named and not value.startswith("/")
