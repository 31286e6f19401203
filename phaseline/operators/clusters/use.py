"""What the nodes have, what was asked of them, and what is used: by node and by namespace.

Use is what each kubelet tells in its summary, asked through the API server:
https://kubernetes.io/docs/reference/instrumentation/node-metrics/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from phaseline.core.errors import CommandFailed
from phaseline.operators.clusters.quantity import quantity
from phaseline.tools.api_server import ApiServer

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Use:
    """Processors in cores, memory in bytes, of a node or of a namespace.

    Attributes:
        cpu, memory: used now; None where it is not told yet.
        requests, limits: sums over the pods that run or wait, by `cpu` and `memory`.
        allocatable: of a node, what pods can be given.
        disk_free: of a node, bytes.
    """

    name: str
    pods: int
    cpu: float | None = None
    memory: float | None = None
    requests: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    allocatable: Mapping[str, float] = field(default_factory=dict)
    disk_free: float | None = None


def summaries(api: ApiServer, nodes: Iterable[Object]) -> dict[str, Object]:
    """What the kubelet of each node tells; those that tell nothing are left out."""
    found = {}
    for node in nodes:
        name = node["metadata"]["name"]
        try:
            found[name] = api.get(f"/api/v1/nodes/{name}/proxy/stats/summary") or {}
        except CommandFailed:  # it is down: its condition tells that
            continue
    return found


def by_node(
    nodes: Iterable[Object], pods: Iterable[Object], told: Mapping[str, Object]
) -> list[Use]:
    """One row for each node; pure."""
    live = list(filter(lasts, pods))
    return [_node(node, live, told.get(node["metadata"]["name"], {})) for node in nodes]


def _node(node: Object, pods: list[Object], told: Object) -> Use:
    name = node["metadata"]["name"]
    own = [pod for pod in pods if pod["spec"].get("nodeName") == name]
    given = node["status"].get("allocatable", {})
    now = told.get("node", {})
    return Use(
        name=name,
        pods=len(own),
        cpu=_cores(now),
        memory=_bytes(now),
        requests=asked(own, "requests"),
        limits=asked(own, "limits"),
        allocatable={kind: quantity(given[kind]) for kind in ("cpu", "memory") if kind in given},
        disk_free=now.get("fs", {}).get("availableBytes"),
    )


def by_namespace(pods: Iterable[Object], told: Iterable[Object]) -> list[Use]:
    """One row for each namespace that has pods, by name; pure."""
    spaces: dict[str, list[Object]] = {}
    for pod in filter(lasts, pods):
        spaces.setdefault(pod["metadata"]["namespace"], []).append(pod)
    used = [each for one in told for each in one.get("pods", ())]
    return [_namespace(name, spaces[name], used) for name in sorted(spaces)]


def _namespace(name: str, pods: list[Object], used: list[Object]) -> Use:
    told = [each for each in used if each["podRef"]["namespace"] == name]
    own = [one for each in told for one in each.get("containers", ())]
    return Use(
        name=name,
        pods=len(pods),
        cpu=_sum(_cores(each) for each in own),
        memory=_sum(_bytes(each) for each in own),
        requests=asked(pods, "requests"),
        limits=asked(pods, "limits"),
    )


def lasts(pod: Object) -> bool:
    """Whether a pod counts: it has not run to its end."""
    return pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def asked(pods: Iterable[Object], kind: str) -> dict[str, float]:
    """The sums of the pods' `requests` or `limits`, as the scheduler counts them; pure.

    Containers work side by side; those that only prepare work before them, one after another,
    unless they stay (`restartPolicy: Always`), when they count as the others.
    """
    specs = [pod["spec"] for pod in pods]
    return {name: sum(_of_pod(one, kind, name) for one in specs) for name in ("cpu", "memory")}


def _of_pod(spec: Object, kind: str, name: str) -> float:
    first = spec.get("initContainers", ())
    staying = sum(_of(one, kind, name) for one in first if one.get("restartPolicy") == "Always")
    largest = max((_of(one, kind, name) for one in first), default=0.0)
    together = staying + sum(_of(one, kind, name) for one in spec["containers"])
    return max(together, largest) + quantity(spec.get("overhead", {}).get(name, "0"))


def _of(container: Object, kind: str, name: str) -> float:
    return quantity(container.get("resources", {}).get(kind, {}).get(name, "0"))


def _cores(told: Object) -> float | None:
    nano = told.get("cpu", {}).get("usageNanoCores")
    return None if nano is None else nano / 1e9


def _bytes(told: Object) -> float | None:
    found: float | None = told.get("memory", {}).get("workingSetBytes")
    return found


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(_known(values))
    return sum(known) if known else None


def _known(values: Iterable[float | None]) -> Iterator[float]:
    yield from (value for value in values if value is not None)
