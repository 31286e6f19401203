"""The release's Services and what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access

Object = Mapping[str, Any]
PlaceOf = Callable[[str, int], str]  # a Service and its node port to `host:port`


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
    services, place_of = services or look(context), access.provider(context).place_of
    routed = [one for one in addresses if one["through"] == "ingress"]
    rules = _ingresses(context) if routed else []
    return {
        one["name"]: route_of(one, rules) if one in routed else url_of(one, services, place_of)
        for one in addresses
    }


def _ingresses(context: Context) -> list[Object]:
    namespace = context.workspace.settings["chart"]["namespace"]
    with access.api(context) as api:
        return api.items(f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses")


def url_of(address: Mapping[str, str], services: tuple[Live, ...], place_of: PlaceOf) -> str:
    """Where one address answers, such as http://172.31.0.2:31234/; raises as `places`."""
    for live in services:
        if live.name == address["service"]:
            for port in live.service["spec"]["ports"]:
                if port.get("name") == address["port"] and port.get("nodePort"):
                    return f"http://{place_of(live.name, port['nodePort'])}{address['path']}"
    raise CheckFailed(
        f"the address {address['name']!r} cannot be opened",
        why=f"there is no Service {address['service']} with a node port named {address['port']}",
        fix="make it of type NodePort in the chart's values, or correct `addresses`",
    )


def route_of(address: Mapping[str, str], ingresses: Iterable[Object]) -> str:
    """Where one address answers by an Ingress, such as http://172.31.0.2/; raises as `places`.

    A rule without a host is served at the node's address.
    """
    wanted = {"name": address["service"], "port": {"name": address["port"]}}
    for one in ingresses:
        served = one.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
        place = served[0].get("hostname") or served[0].get("ip")
        scheme = "https" if one["spec"].get("tls") else "http"
        for rule in one["spec"].get("rules") or ():
            paths = rule.get("http", {}).get("paths", ())
            if place and any(path["backend"].get("service") == wanted for path in paths):
                return f"{scheme}://{rule.get('host') or place}{address['path']}"
    raise CheckFailed(
        f"the address {address['name']!r} cannot be opened",
        why=f"no Ingress that is served leads to the port {address['port']} of the Service "
        f"{address['service']}",
        fix="enable the chart's Ingress, and name `ingress` in cluster.extras of pipeline.yaml",
    )
