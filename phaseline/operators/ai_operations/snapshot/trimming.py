"""What of an object a snapshot keeps: ten thousand pods are to fit in a few hundred megabytes."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.kinds import known

WRITTEN_AS = "phaselineWrittenAs"  # API versions other than the kind's, by which it was written
# Who has set which field, and what was applied last: each as long as the object itself.
_BULKY = ("managedFields", "selfLink", "resourceVersion", "generateName")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TOKEN = "kube-api-access-"  # noqa: S105 - the volume that every pod has, and that is never at fault
_LONGEST = 8192  # characters of a ConfigMap's values that are kept


def trimmed(one: Any) -> Any:
    """`one` without what no question asks for; it is changed in place."""
    metadata = one["metadata"]
    if other := _versions(one):
        metadata[WRITTEN_AS] = other
    for name in _BULKY:
        metadata.pop(name, None)
    if annotations := metadata.get("annotations"):
        annotations.pop(_APPLIED, None)
    by_kind = _BY_KIND.get(one["kind"])
    if by_kind:
        by_kind(one)
    return one


def _versions(one: Any) -> list[str]:
    found = {each.get("apiVersion", "") for each in one["metadata"].get("managedFields") or ()}
    return sorted(found - {known()[one["kind"]].api_version, ""})


def _pod(one: Any) -> None:
    spec, status = one["spec"], one.get("status", {})
    for name in ("schedulerName", "terminationGracePeriodSeconds", "dnsPolicy", "podIPs"):
        spec.pop(name, None)
    for name in ("hostIPs", "podIPs", "startTime"):
        status.pop(name, None)
    spec["volumes"] = [v for v in spec.get("volumes", ()) if not v["name"].startswith(_TOKEN)]
    for container in (*spec.get("containers", ()), *spec.get("initContainers", ())):
        mounts = container.get("volumeMounts", ())
        container["volumeMounts"] = [m for m in mounts if not m["name"].startswith(_TOKEN)]
        for name in ("terminationMessagePath", "terminationMessagePolicy"):
            container.pop(name, None)


def _config_map(one: Any) -> None:
    data = one.get("data") or {}
    long = sum(map(len, data.values())) > _LONGEST
    one["data"] = dict.fromkeys(data, "") if long else data
    one["binaryData"] = dict.fromkeys(one.get("binaryData") or (), "")


def _secret(one: Any) -> None:
    """Names of keys only; no value of a Secret is ever kept."""
    one["data"] = dict.fromkeys(one.get("data") or (), "")
    one.pop("stringData", None)


def _event(one: Any) -> None:
    for name in ("reportingComponent", "reportingInstance", "source"):
        one.pop(name, None)


_BY_KIND = {"Pod": _pod, "ConfigMap": _config_map, "Secret": _secret, "Event": _event}
