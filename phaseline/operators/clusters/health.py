"""Whether the cluster is well: asked without changing it, and proved on scratch objects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from phaseline.core.errors import CheckFailed, Unreachable
from phaseline.core.finding import Finding, require
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import (
    access,
    components,
    network,
    objects,
    policies,
    quotas,
    scratch_objects,
    use,
)
from phaseline.operators.clusters.embedded import upkeep
from phaseline.operators.clusters.scratch import Scratch, scratch_namespace
from phaseline.operators.clusters.use import Use
from phaseline.tools.api_server import ApiServer


@dataclass(frozen=True)
class Health:
    """What a look at the cluster has shown.

    Attributes:
        findings: of the cluster itself.
        tenants: of what runs on it, which a deployment may repair.
        nodes, namespaces: what each has, was asked for and uses; empty when it cannot be told.
    """

    findings: tuple[Finding, ...]
    tenants: tuple[Finding, ...] = ()
    nodes: tuple[Use, ...] = ()
    namespaces: tuple[Use, ...] = ()

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return all(one.fit for one in (*self.findings, *self.tenants))


def look(context: Context) -> Health:
    """Look at all of it; nothing is changed.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    own = list(_own(context))
    try:
        with access.api(context) as api:
            return _asked(context, api, own)
    except Unreachable as error:
        fix = "`invoke cluster.start`; its words are in .phaseline/cluster/logs"
        return Health((*own, Finding("API server", False, error.why, fix)))


def _own(context: Context) -> Iterator[Finding]:
    """What its provider tells of it."""
    if access.is_embedded(context):
        yield from upkeep.findings(access.embedded(context))
    else:
        faults = access.provider(context).health()
        seen = "; ".join(faults) or "well"
        yield Finding("provider", not faults, seen, "`invoke cluster.restart`")


def _asked(context: Context, api: ApiServer, found: list[Finding]) -> Health:
    nodes, pods = api.items("/api/v1/nodes"), api.items("/api/v1/pods")
    told = use.summaries(api, nodes)
    rows = use.by_node(nodes, pods, told)
    found += [*components.findings(api), *objects.nodes(nodes)]
    found += components.clocks(api, [one["metadata"]["name"] for one in nodes], time.time())
    found += objects.room(rows)
    found += [objects.storage_class(api.items("/apis/storage.k8s.io/v1/storageclasses"))]
    found += [network.from_machine(context)]
    return Health(
        findings=tuple(found),
        tenants=tuple(_tenants(context, api, pods)),
        nodes=tuple(rows),
        namespaces=tuple(use.by_namespace(pods, told.values())),
    )


def _tenants(context: Context, api: ApiServer, pods: list[Any]) -> Iterator[Finding]:
    yield objects.scheduling(pods)
    volumes, claims = (api.items(f"/api/v1/persistentvolume{kind}") for kind in ("s", "claims"))
    yield objects.volumes(volumes, claims)
    yield from quotas.findings(context, api)
    yield from _inside(context, pods)


def _inside(context: Context, pods: list[Any]) -> Iterator[Finding]:
    """Names, asked from inside a pod: the networks of those of others cannot be entered."""
    if access.is_embedded(context) and (pod := network.askable(pods)):
        yield network.from_pod(context, pod)


def check_health(context: Context) -> Report:
    """See that nothing is wrong with the node, the control plane, their clocks and their upkeep.

    Raises:
        CheckFailed: names each fault.
    """
    health = look(context)
    require(health.findings, "the cluster is not healthy", CheckFailed)
    well = f"{len(health.findings)} checks passed, {len(health.nodes)} node Ready"
    return Report(f"{well}; {policies.told(context)}")


def check_workings(context: Context) -> Report:
    """See that pods get volumes and resolve names, reach each other, and that quotas are set.

    Works in the namespace `<app>-check-…`, which it removes.

    Raises:
        CheckFailed: names what does not work.
        TimedOut: a pod did not come up; says what it waits for.
    """
    done = ["the default storage class provisions", "DNS answers"]
    image = access.pause_image(context)
    with scratch_namespace(context) as scratch:
        pods = _started(scratch, image)
        asked = [network.from_machine(context), *_inside(context, list(pods))]
        require(asked, "the cluster's DNS does not work", CheckFailed)
        if access.is_embedded(context):  # whose pods' networks can be entered
            network.require_joined(context, *pods)
            done += ["also inside a pod", "pods reach each other"]
    with access.api(context) as api:
        limits = tuple(quotas.set_as_wanted(context, api))
    require(limits, "the namespace's quota is not as wanted", CheckFailed)
    return Report("; ".join([*done, f"{len(limits)} quotas and limit ranges are set"]))


def _started(scratch: Scratch, image: str) -> tuple[Any, Any]:
    """Two pods, the first with a volume, as the API server tells them when both are up."""
    names = ("first", "second")
    first = scratch_objects.pod("first", image, claim="volume")
    second = scratch_objects.pod("second", image)
    scratch.apply(scratch_objects.claim("volume"), first, second)
    for name in names:
        scratch.await_ready(f"pod/{name}", limit=30.0)
    found = {one["metadata"]["name"]: one for one in scratch.items("pods")}
    return found["first"], found["second"]
