"""The live objects of the application's namespace, as one look at the API server shows them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.tools import api_watch
from phaseline.tools.api_server import ApiServer

Object = Mapping[str, Any]
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True)
class World:
    """What is in the namespace now."""

    workloads: tuple[Object, ...]
    pods: tuple[Object, ...]
    events: tuple[Object, ...] = ()

    @property
    def unfinished(self) -> list[str]:
        """What each workload that is not fully rolled out still waits for."""
        return [text for one in self.workloads if (text := waiting_for(one))]


def look(context: Context, *, events: bool = False) -> World:
    """The workloads and pods of the release's namespace, with its events if wanted."""
    with access.api(context) as api:
        return seen(api, context.workspace.settings["chart"]["namespace"], events=events)


@contextmanager
def watched(context: Context) -> Iterator[threading.Event]:
    """An event that is set when a workload or pod of the release's namespace changes.

    It may miss some when the API server breaks off: look after a while too.
    """
    with access.api(context) as api:
        paths = _paths(context.workspace.settings["chart"]["namespace"])
        with api_watch.watched(api, *paths) as changed:
            yield changed


def seen(api: ApiServer, namespace: str, *, events: bool = False) -> World:
    """Like `look`, over an API server that is connected to."""
    told = [f"/api/v1/namespaces/{namespace}/events"] if events else []
    items = api.items(*_paths(namespace), *told)
    return World(
        workloads=tuple(one for one in items if one["kind"] in _WORKLOADS),
        pods=tuple(one for one in items if one["kind"] == "Pod"),
        events=tuple(one for one in items if one["kind"] == "Event"),
    )


def _paths(namespace: str) -> list[str]:
    place = f"namespaces/{namespace}"
    workloads = (f"/apis/apps/v1/{place}/{one.lower()}s" for one in _WORKLOADS)
    return [*workloads, f"/api/v1/{place}/pods"]


def title(one: Object) -> str:
    """`Kind/name`."""
    return f"{one['kind']}/{one['metadata']['name']}"


def ended(pod: Object) -> bool:
    """Whether a pod has run to its end, well or not."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def of_job(pod: Object) -> bool:
    """Whether a pod runs to an end: it belongs to a Job."""
    return any(one["kind"] == "Job" for one in pod["metadata"].get("ownerReferences", []))


def serves(pod: Object) -> bool:
    """Whether a pod is to serve until it is stopped: no Job's, none of `helm test`, not ended."""
    hook = "helm.sh/hook" in pod["metadata"].get("annotations", {})
    return not (ended(pod) or of_job(pod) or hook)


def waiting_for(workload: Object) -> str:
    """What a workload's rollout still waits for; "" when it is complete.

    By the rules of `kubectl rollout status`: the controller has seen the newest generation, every
    replica is of the newest template, and all are available.
    """
    status, spec = workload.get("status", {}), workload["spec"]
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return f"{title(workload)}: its controller has not seen the change"
    if workload["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        updated, total = status.get("updatedNumberScheduled", 0), wanted
        available = status.get("numberAvailable", 0)
    else:
        wanted = spec.get("replicas", 1)
        updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
        available = status.get("availableReplicas", 0)
    if updated < wanted:
        return f"{title(workload)}: {updated} of {wanted} updated"
    if total > wanted:
        return f"{title(workload)}: {total - wanted} old to end"
    if available < wanted:
        return f"{title(workload)}: {available} of {wanted} available"
    return ""
