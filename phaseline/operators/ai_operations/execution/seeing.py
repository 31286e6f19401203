"""Whether a wish has come true: asked of the cluster, each time anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from phaseline.operators.ai_operations.plans.model import (
    Absent,
    EndpointsReady,
    Exists,
    FieldEquals,
    NoRestarts,
    ObjectReference,
    Ready,
    Replicas,
    RolledOut,
    Wish,
)
from phaseline.operators.ai_operations.view import ClusterView, Object
from phaseline.operators.deployments.world import waiting_for

_OF_SERVICE = "kubernetes.io/service-name"
_MISSING = object()


def missing(wish: Wish, view: ClusterView) -> str:
    """What a wish still waits for; "" where it has come true. `NoRestarts` counts from now on."""
    looked: dict[type, Callable[[Any, ClusterView], str]] = {
        RolledOut: _rolled_out,
        Replicas: _replicas,
        EndpointsReady: _endpoints,
        Exists: lambda one, seen: "" if seen.exists(one.target) else f"{one.target} is not there",
        Absent: lambda one, seen: f"{one.target} is still there" if seen.exists(one.target) else "",
        Ready: _ready,
        FieldEquals: _field,
        NoRestarts: lambda one, seen: "",
    }
    return looked[type(wish)](wish, view)


def _found(target: ObjectReference, view: ClusterView) -> Object:
    found = view.find(target)
    return {**found, "kind": target.kind} if found else {}


def _rolled_out(wish: RolledOut, view: ClusterView) -> str:
    one = _found(wish.target, view)
    return waiting_for(one) if one else f"{wish.target} is not there"


def _replicas(wish: Replicas, view: ClusterView) -> str:
    one = _found(wish.target, view)
    if not one:
        return f"{wish.target} is not there"
    wanted, ready = one["spec"].get("replicas", 1), one.get("status", {}).get("readyReplicas", 0)
    if wanted != wish.count:
        return f"{wish.target}: {wanted} replicas are asked for, {wish.count} were wished for"
    return waiting_for(one) or (
        "" if ready == wish.count else f"{wish.target}: {ready} of {wish.count} ready"
    )


def _endpoints(wish: EndpointsReady, view: ClusterView) -> str:
    target = wish.target
    slices = [
        one
        for one in view.items("EndpointSlice", target.namespace)
        if one["metadata"].get("labels", {}).get(_OF_SERVICE) == target.name
    ]
    ready = {
        address
        for one in slices
        for end in one.get("endpoints") or ()
        if end.get("conditions", {}).get("ready", True)
        for address in end["addresses"]
    }
    if len(ready) >= wish.at_least:
        return ""
    return f"{target}: {len(ready)} of {wish.at_least} endpoints ready"


def _ready(wish: Ready, view: ClusterView) -> str:
    one = _found(wish.target, view)
    if not one:
        return f"{wish.target} is not there"
    status = one.get("status", {})
    conditions = {c["type"]: c["status"] for c in status.get("conditions", [])}
    if wish.target.kind == "Job":
        return "" if conditions.get("Complete") == "True" else f"{wish.target}: not complete"
    if wish.target.kind == "PersistentVolumeClaim":
        return _bound(wish.target, one, view)
    ended = status.get("phase") == "Succeeded"
    return "" if ended or conditions.get("Ready") == "True" else f"{wish.target}: not ready"


def _bound(target: ObjectReference, claim: Object, view: ClusterView) -> str:
    """A claim of a class that waits for its first user is as bound as it can be without one."""
    if claim.get("status", {}).get("phase") == "Bound":
        return ""
    name = claim["spec"].get("storageClassName", "")
    classes = {one["metadata"]["name"]: one for one in view.items("StorageClass")}
    if classes.get(name, {}).get("volumeBindingMode") == "WaitForFirstConsumer":
        return ""
    return f"{target}: not bound"


def _field(wish: FieldEquals, view: ClusterView) -> str:
    """Secrets are not read: of one, only that it is there is seen."""
    if wish.target.kind == "Secret":
        return "" if view.exists(wish.target) else f"{wish.target} is not there"
    found: Any = view.find(wish.target)
    for part in wish.path:
        found = _inner(found, part)
        if found is _MISSING:
            break
    shown = ".".join(map(str, wish.path))
    return "" if found == wish.value else f"{wish.target}: {shown} is not {wish.value}"


def _inner(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part, _MISSING)
    if isinstance(value, list):
        if isinstance(part, int):
            return value[part] if part < len(value) else _MISSING
        key, _, wanted = part.partition("=")
        return next((one for one in value if str(one.get(key)) == wanted), _MISSING)
    return _MISSING


def pods_of(targets: Sequence[ObjectReference], view: ClusterView) -> list[Object]:
    """The pods of these workloads, and these pods, by their selectors."""
    pods: dict[str, Object] = {}
    for target in targets:
        one = view.find(target)
        if one is None:
            continue
        wanted = (
            one["spec"].get("selector", {}).get("matchLabels", {}) if target.kind != "Pod" else {}
        )
        for pod in view.items("Pod", target.namespace):
            labels = pod["metadata"].get("labels", {})
            if (wanted and wanted.items() <= labels.items()) or (
                target.kind == "Pod" and pod["metadata"]["name"] == target.name
            ):
                pods[pod["metadata"]["uid"]] = pod
    return list(pods.values())
