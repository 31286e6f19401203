"""What a replay compares of a cluster: what it is made of, not its names, addresses and keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.clusters import quotas as quota_objects
from phaseline.operators.clusters.plan import plan

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def planned(context: Context) -> dict[str, str]:
    """The provider, the version and the ranges that a cluster has inside itself."""
    state = plan(context)
    return {
        "provider": state.provider,
        "kubernetes": state.kubernetes,
        "pods": state.pod_range,
        "services": state.service_range,
    }


def node(context: Context) -> dict[str, str]:
    """The node's processes and whether they are up, and the versions that the node tells."""
    units = access.provider(context).status().units
    with access.api(context) as api:
        nodes = api.items("/api/v1/nodes")
    told = [one["status"]["nodeInfo"] for one in nodes]
    return {
        "nodes": str(len(nodes)),
        "kubelet": ", ".join(one["kubeletVersion"] for one in told),
        "runtime": ", ".join(one["containerRuntimeVersion"] for one in told),
        **{f"process {name}": _state(unit["ready"]) for name, unit in units.items()},
    }


def storage(context: Context) -> dict[str, str]:
    """The storage classes with their provisioners; the default one is marked."""
    with access.api(context) as api:
        classes = api.items("/apis/storage.k8s.io/v1/storageclasses")
    return {f"storage class {one['metadata']['name']}": _class(one) for one in classes}


def quotas(context: Context) -> dict[str, str]:
    """The quota and the limits of the application's namespace."""
    return quota_objects.held(context)


def _class(one: Mapping[str, Any]) -> str:
    marked = one["metadata"].get("annotations", {}).get(_DEFAULT) == "true"
    return f"{one['provisioner']}{', default' if marked else ''}"


def _state(ready: bool) -> str:
    return "up" if ready else "down"
