"""Whether a pod keeps to the *restricted* pod security standard, as the admission judges it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, Workload

VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir"}
    | {"ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
_SECCOMP = ("RuntimeDefault", "Localhost")


def unrestricted(workload: Workload) -> Iterator[Finding]:
    """What the admission would refuse, container by container."""
    yield from _pod(workload)
    for container in workload.every_container:
        for problem, fix in _container(workload.pod, container):
            yield Finding(f"{workload}", f"{container.get('name')}: {problem}", fix)


def _pod(workload: Workload) -> Iterator[Finding]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if workload.pod.get(field):
            yield Finding(f"{workload}", f"{field} is on", f"remove {field}")
    for volume in workload.pod.get("volumes") or ():
        for kind in sorted(set(volume) - {"name"} - VOLUMES):
            fix = "use a PersistentVolumeClaim, emptyDir, ConfigMap or Secret"
            yield Finding(f"{workload}", f"volume {volume.get('name')} is a {kind}", fix)


def _container(pod: Object, container: Object) -> Iterator[tuple[str, str]]:
    outer, own = _mapping(pod, "securityContext"), _mapping(container, "securityContext")
    both: Mapping[str, Any] = {**outer, **own}
    if both.get("runAsNonRoot") is not True:
        yield "may run as root", "set securityContext.runAsNonRoot: true"
    if not both.get("runAsUser"):
        yield "runs as no numeric user", "set securityContext.runAsUser to an ID above 0"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges", "set securityContext.allowPrivilegeEscalation: false"
    if own.get("privileged"):
        yield "is privileged", "remove securityContext.privileged"
    if _mapping(both, "seccompProfile").get("type") not in _SECCOMP:
        yield "has no seccomp profile", "set securityContext.seccompProfile.type: RuntimeDefault"
    yield from _capabilities(_mapping(own, "capabilities"))
    for port in container.get("ports") or ():
        if port.get("hostPort"):
            yield f"takes the host's port {port['hostPort']}", "remove hostPort; use a Service"


def _capabilities(capabilities: Object) -> Iterator[tuple[str, str]]:
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "keeps capabilities", "set securityContext.capabilities.drop: [ALL]"
    for name in sorted(set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}):
        yield f"adds the capability {name}", f"remove {name} from capabilities.add"


def _mapping(holder: Object, field: str) -> Object:
    return holder.get(field) or {}
