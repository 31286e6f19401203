"""What Kubernetes' objects say, as plain mappings of the API's JSON. Pure.

Shapes: https://kubernetes.io/docs/reference/kubernetes-api/.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]
TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


@dataclass(frozen=True, order=True)
class Ref:
    """Which object is meant; `namespace` is empty for what belongs to the cluster."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def ref(one: Object) -> Ref:
    """The reference of an object."""
    return Ref(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])


def template(one: Object) -> Object:
    """The pod template of a workload; a pod is its own."""
    if one["kind"] == "CronJob":
        found: Object = one["spec"]["jobTemplate"]["spec"]["template"]
        return found
    if one["kind"] == "Pod":
        return one
    return dict(one["spec"]["template"])


def pod_spec(one: Object) -> Any:
    """The pod spec of a workload."""
    return template(one).get("spec") or {}


def labels(one: Object) -> Mapping[str, str]:
    """The labels that a workload's pods have."""
    return template(one).get("metadata", {}).get("labels") or {}


def containers(spec: Object) -> list[Any]:
    """All containers of a pod spec, those that only prepare first."""
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def container(spec: Object, name: str) -> Any:
    """The container of that name; empty where there is none."""
    return next((one for one in containers(spec) if one["name"] == name), {})


def statuses(pod: Object) -> list[Any]:
    """The statuses of all containers of a pod."""
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def waiting(status: Object) -> tuple[str, str]:
    """Why a container waits, and its message; empty where it does not."""
    found = status.get("state", {}).get("waiting") or {}
    return found.get("reason", ""), found.get("message", "")


def ended(status: Object) -> Object:
    """How a container last ended; empty where it never did."""
    now = status.get("state", {}).get("terminated")
    return now or status.get("lastState", {}).get("terminated") or {}


def condition(one: Object, kind: str) -> Object:
    """A condition of an object's status; empty where it has none of that type."""
    found = one.get("status", {}).get("conditions") or ()
    return next((each for each in found if each["type"] == kind), {})


def ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    return bool(condition(pod, "Ready").get("status") == "True")


def finished(pod: Object) -> bool:
    """Whether a pod has run to its end, well or not."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def leaving(one: Object) -> bool:
    """Whether an object is being deleted."""
    return "deletionTimestamp" in one["metadata"]


def wanted(one: Object) -> int:
    """How many pods a workload is to have."""
    if one["kind"] == "DaemonSet":
        return int(one.get("status", {}).get("desiredNumberScheduled", 0))
    if one["kind"] in ("Pod", "Job"):
        return 1
    found = one["spec"].get("replicas")
    return 1 if found is None else int(found)


def available(one: Object) -> int:
    """How many pods of a workload are available."""
    status = one.get("status", {})
    if one["kind"] == "DaemonSet":
        return int(status.get("numberAvailable", 0))
    if one["kind"] == "Pod":
        return int(ready(one) or status.get("phase") == "Succeeded")
    if one["kind"] == "Job":
        return int(status.get("succeeded", 0) > 0)
    return int(status.get("availableReplicas", 0))


def healthy(one: Object) -> bool:
    """Whether a workload has all that it is to have, of its newest template."""
    if one["kind"] == "CronJob":
        return True
    if one["kind"] == "Job":
        return not condition(one, "Failed") and not one.get("status", {}).get("failed")
    if one["kind"] in ("Deployment", "StatefulSet"):
        updated = int(one.get("status", {}).get("updatedReplicas", available(one)))
        return min(updated, available(one)) >= wanted(one)
    return available(one) >= wanted(one)


def edited(one: Object, change: Callable[[Any], None]) -> dict[str, Any]:
    """A copy of `one` that `change` was let at."""
    made: dict[str, Any] = copy.deepcopy(dict(one))
    change(made)
    return made


def ports(spec: Object) -> Iterator[tuple[str, int]]:
    """The name, perhaps empty, and number of each port that containers declare."""
    for one in spec.get("containers") or ():
        for port in one.get("ports") or ():
            yield port.get("name", ""), int(port["containerPort"])


def matches(selector: Mapping[str, str] | None, found: Mapping[str, str]) -> bool:
    """Whether labels have all that a plain selector asks for; one that asks nothing has none."""
    return all(found.get(key) == value for key, value in selector.items()) if selector else False


def selects(selector: Object | None, found: Mapping[str, str]) -> bool:
    """Whether a LabelSelector takes labels; an empty one takes all, None takes none."""
    if selector is None:
        return False
    plain = selector.get("matchLabels") or {}
    return all(found.get(key) == value for key, value in plain.items()) and all(
        _holds(one, found) for one in selector.get("matchExpressions") or ()
    )


def _holds(asked: Object, found: Mapping[str, str]) -> bool:
    value, values = found.get(asked["key"]), asked.get("values") or ()
    if asked["operator"] == "Exists":
        return value is not None
    if asked["operator"] == "DoesNotExist":
        return value is None
    within: bool = value in values
    return within if asked["operator"] == "In" else not within


def normal(image: str) -> str:
    """An image's name without what is there by default: Docker Hub, and `latest`."""
    name = image.removeprefix("docker.io/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"
