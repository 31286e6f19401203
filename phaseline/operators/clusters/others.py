"""What can be asked of a cluster whose processes are not ours, by its API alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.tools.api_server import connected

SYSTEM = "kube-system"
_DNS = "kube-dns"


def system_faults(kubeconfig: Path) -> list[str]:
    """What is wrong with the pods of kube-system and with the cluster's DNS.

    Raises:
        Unreachable: the API server does not answer.
    """
    with connected(kubeconfig) as api:
        pods = api.items(f"/api/v1/namespaces/{SYSTEM}/pods")
        slices = api.items(f"/apis/discovery.k8s.io/v1/namespaces/{SYSTEM}/endpointslices")
    return [*unready(pods), *dns_faults(slices)]


def system_dns_faults(kubeconfig: Path) -> list[str]:
    """As `dns_faults`, asked now.

    Raises:
        Unreachable: the API server does not answer.
    """
    with connected(kubeconfig) as api:
        place = f"/apis/discovery.k8s.io/v1/namespaces/{SYSTEM}/endpointslices"
        return dns_faults(api.items(place))


def unready(pods: Iterable[Mapping[str, Any]]) -> list[str]:
    """The pods that are to run and are not ready, with what keeps each; pure."""
    found = []
    for pod in pods:
        status = pod.get("status", {})
        conditions = {one["type"]: one["status"] for one in status.get("conditions", [])}
        if status.get("phase") == "Succeeded" or conditions.get("Ready") == "True":
            continue
        waits = [
            one["state"]["waiting"].get("reason", "")
            for one in status.get("containerStatuses", [])
            if "waiting" in one.get("state", {})
        ]
        why = ", ".join(filter(None, waits)) or status.get("phase", "unknown")
        found.append(f"pod {SYSTEM}/{pod['metadata']['name']} is not ready: {why}")
    return found


def dns_faults(slices: Iterable[Mapping[str, Any]]) -> list[str]:
    """Whether anything stands behind the Service of the cluster's DNS; pure."""
    ready = [
        endpoint
        for one in slices
        if one["metadata"].get("labels", {}).get("kubernetes.io/service-name") == _DNS
        for endpoint in one.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready")
    ]
    return [] if ready else ["the cluster's DNS has no ready pod"]


def node_address(nodes: Iterable[Mapping[str, Any]]) -> str:
    """The address of a node that others are told, else its own; pure.

    Raises:
        CheckFailed: no node tells any.
    """
    told = [one for node in nodes for one in node["status"].get("addresses", [])]
    for kind in ("ExternalIP", "InternalIP"):
        if found := [str(one["address"]) for one in told if one["type"] == kind]:
            return found[0]
    raise CheckFailed("no node of the cluster tells its address")
