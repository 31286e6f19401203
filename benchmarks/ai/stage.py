"""A scenario's namespace: made, brought to where its setup is settled, and removed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.ai import verify
from benchmarks.ai.cluster import Cluster
from benchmarks.ai.comparison import Snapshot, snapshot
from benchmarks.ai.manifests import expand
from benchmarks.ai.model import Expectation, Fix, Manifest, Scenario

SETTLE_SECONDS = 120.0
_EVERY = 0.5


class Unsettled(Exception):
    """A setup does not come to what its scenario says."""


@contextmanager
def staged(cluster: Cluster, scenario: Scenario) -> Iterator[Snapshot]:
    """The scenario's setup, settled; the whole cluster as it is then.

    Raises:
        Unsettled: it is not in two minutes.
    """
    _clear(cluster, scenario)
    cluster.do("default", "create", "namespace", scenario.namespace)
    try:
        account = ("wait", "--for=create", "serviceaccount/default", "--timeout=20s")
        cluster.do(scenario.namespace, *account)
        _set_up(cluster, scenario)
        yield settled(cluster)
    finally:
        _clear(cluster, scenario, wait=False)


def _set_up(cluster: Cluster, scenario: Scenario) -> None:
    _settle(cluster, scenario, scenario.setup, [] if scenario.then else scenario.settled)
    if scenario.then:
        _settle(cluster, scenario, scenario.then, scenario.settled)


def _settle(
    cluster: Cluster, scenario: Scenario, objects: list[Manifest], wanted: list[Expectation]
) -> None:
    cluster.apply(scenario.namespace, [expand(one) for one in objects])
    missing = verify.awaited(
        cluster, scenario.namespace, wanted or _available(objects), limit=SETTLE_SECONDS
    )
    if missing:
        raise Unsettled(f"{scenario.id}: {'; '.join(missing)}")


def _available(objects: list[Manifest]) -> list[Expectation]:
    """By default every Deployment is to be available."""
    names = [one["metadata"]["name"] for one in map(expand, objects) if one["kind"] == "Deployment"]
    return [Expectation(available=f"Deployment/{name}") for name in names]


def settled(cluster: Cluster, limit: float = 20.0) -> Snapshot:
    """The whole cluster once two looks at it, half a second apart, are the same."""
    deadline = time.monotonic() + limit
    before = snapshot(cluster)
    while True:
        time.sleep(_EVERY)
        now = snapshot(cluster)
        if now == before or time.monotonic() > deadline:
            return now
        before = now


def _clear(cluster: Cluster, scenario: Scenario, *, wait: bool = True) -> None:
    """Remove its namespace, and what else of its is in no namespace."""
    flags = ("--ignore-not-found", f"--wait={str(wait).lower()}")
    cluster.do("default", "delete", "namespace", scenario.namespace, *flags)
    for reference in outside(cluster, scenario):
        cluster.do("default", "delete", *reference.split("/"), *flags)


def outside(cluster: Cluster, scenario: Scenario) -> list[str]:
    """What of a scenario's is in no namespace: of its setup, and of what it may change."""
    made = [f"{one['kind']}/{one['metadata']['name']}" for one in map(expand, scenario.setup)]
    listed = [*made, *(one for one in scenario.may_change if ":" not in one)]
    kinds = cluster.resources
    return [one for one in listed if not kinds[one.partition("/")[0]].namespaced]


def fix(cluster: Cluster, namespace: str, steps: list[Fix]) -> str:
    """Do a solution, step by step; returns what it says."""
    for one in steps:
        if one.apply:
            cluster.apply(namespace, [expand(one.apply)])
        elif one.patch:
            content = json.dumps(one.with_)
            flags = (f"--type={one.type}", "-p", content)
            cluster.do(namespace, "patch", *one.patch.split("/"), *flags)
        elif one.delete:
            cluster.do(namespace, "delete", *one.delete.split("/"))
        elif one.undo:
            cluster.do(namespace, "rollout", "undo", one.undo)
        elif one.restart:
            cluster.do(namespace, "rollout", "restart", one.restart)
    return "\n".join(one.says for one in steps if one.says)
