"""Whether Services lead to the pods that are to stay: a rollout is over a little before they do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from phaseline.core.errors import TimedOut
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.deployments.world import Object
from phaseline.process import journal
from phaseline.process.groups import pause

_LIMIT = 30.0
_EVERY = 0.1
# Nothing tells when each node's proxy has heard of it; kube-proxy takes changes in once a second.
_PROXIES = 1.0


def await_served(context: Context, *, limit: float = _LIMIT) -> None:
    """Wait until each Service of the release leads to its ready pods that stay, and to no others.

    Raises:
        TimedOut: after `limit` seconds it does not.
    """
    deadline = time.monotonic() + limit
    while waiting := _waiting(context):
        if time.monotonic() > deadline:
            raise TimedOut(
                f"Services do not follow their pods within {limit:.0f} s",
                why="; ".join(waiting),
                fix="`invoke cluster.status`: the controller manager writes endpoints",
            )
        journal.progress(f"waiting for {waiting[0]}")
        pause(_EVERY)
    pause(_PROXIES)


def _waiting(context: Context) -> list[str]:
    namespace = context.workspace.settings["chart"]["namespace"]
    place = f"/api/v1/namespaces/{namespace}"
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    with access.api(context) as api:
        return list(behind(api.items(f"{place}/services", f"{place}/pods", slices)))


def behind(objects: Iterable[Object]) -> Iterator[str]:
    """What each Service that does not follow its pods still waits for; pure.

    Args:
        objects: Services, pods and EndpointSlices of a namespace.
    """
    known = list(objects)
    pods = [one for one in known if one["kind"] == "Pod" and _stays(one)]
    slices = [one for one in known if one["kind"] == "EndpointSlice"]
    for service in known:
        if service["kind"] != "Service" or not _follows(service):
            continue
        name = service["metadata"]["name"]
        wanted = {pod["metadata"]["name"] for pod in pods if _selects(service, pod)}
        if found := sorted(wanted ^ set(_targets(slices, name))):
            yield f"Service/{name} to follow {', '.join(found)}"


def _follows(service: Object) -> bool:
    spec = service["spec"]
    return bool(spec.get("selector")) and not spec.get("publishNotReadyAddresses")


def _selects(service: Object, pod: Object) -> bool:
    labels = pod["metadata"].get("labels", {})
    return bool(service["spec"]["selector"].items() <= labels.items())


def _stays(pod: Object) -> bool:
    conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", [])}
    return "deletionTimestamp" not in pod["metadata"] and conditions.get("Ready") == "True"


def _targets(slices: Iterable[Object], service: str) -> Iterator[str]:
    """The names of the pods that a Service's slices give as ready."""
    for one in slices:
        if one["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service:
            for endpoint in one.get("endpoints") or []:
                if endpoint.get("conditions", {}).get("ready"):
                    yield endpoint.get("targetRef", {}).get("name", "")
