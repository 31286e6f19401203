"""What a cluster's nodes have to give, as they tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from phaseline.operators.clusters.quantity import quantity
from phaseline.tools.api_server import connected

_COUNTED = ("cpu", "memory", "pods")


def allocatable(kubeconfig: Path) -> Mapping[str, str]:
    """The sum over all nodes of what pods can be given: CPUs, bytes of memory, pods.

    Raises:
        Unreachable: the API server does not answer.
    """
    with connected(kubeconfig) as api:
        return summed(api.items("/api/v1/nodes"))


def summed(nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The sum of what nodes have to give, as Kubernetes' quantities; pure."""
    given = [node["status"].get("allocatable", {}) for node in nodes]
    return {name: f"{sum(quantity(one.get(name, '0')) for one in given):.15g}" for name in _COUNTED}
