"""The release's Services and what stands behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Live:
    """A Service with its ready endpoint addresses."""

    service: Object
    endpoints: tuple[str, ...]

    @property
    def name(self) -> str:
        """The Service's name."""
        return str(self.service["metadata"]["name"])


def look(context: Context) -> tuple[Live, ...]:
    """The Services of the release's namespace, by name."""
    namespace = context.workspace.settings["chart"]["namespace"]
    with access.api(context) as api:
        items = api.items(
            f"/api/v1/namespaces/{namespace}/services",
            f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
        )
    ready: dict[str, list[str]] = {}
    for one in items:
        if one["kind"] == "EndpointSlice":
            owner = one["metadata"]["labels"].get("kubernetes.io/service-name", "")
            ready.setdefault(owner, []).extend(
                address
                for endpoint in one.get("endpoints") or []
                if endpoint.get("conditions", {}).get("ready")
                for address in endpoint["addresses"]
            )
    services = [one for one in items if one["kind"] == "Service"]
    return tuple(Live(one, tuple(ready.get(one["metadata"]["name"], ()))) for one in services)


def pods(context: Context, behind: Iterable[Live]) -> list[Object]:
    """The ready pods behind any of the Services, by name."""
    addresses = {address for live in behind for address in live.endpoints}
    namespace = context.workspace.settings["chart"]["namespace"]
    with access.api(context) as api:
        items = api.items(f"/api/v1/namespaces/{namespace}/pods")
    return [pod for pod in items if pod.get("status", {}).get("podIP") in addresses]


def places(context: Context, services: tuple[Live, ...] | None = None) -> dict[str, str]:
    """Where each address of `pipeline.yaml` answers this machine, by its name.

    Args:
        services: those that were looked at; else they are, where there is any address.

    Raises:
        CheckFailed: the Service, the port or its node port is not there.
    """
    addresses = context.workspace.settings["addresses"]
    if not addresses:
        return {}
    services, node = services or look(context), access.node_address(context)
    return {one["name"]: url_of(one, services, node) for one in addresses}


def url_of(address: Mapping[str, str], services: tuple[Live, ...], node: str) -> str:
    """Where one address answers, such as http://172.31.0.2:31234/; raises as `places`."""
    for live in services:
        if live.name == address["service"]:
            for port in live.service["spec"]["ports"]:
                if port.get("name") == address["port"] and port.get("nodePort"):
                    return f"http://{node}:{port['nodePort']}{address['path']}"
    raise CheckFailed(
        f"the address {address['name']!r} cannot be opened",
        why=f"there is no Service {address['service']} with a node port named {address['port']}",
        fix="make it of type NodePort in the chart's values, or correct `addresses`",
    )
