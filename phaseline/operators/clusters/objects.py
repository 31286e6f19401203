"""What the cluster's own objects tell of its health: nodes, pods, storage. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phaseline.core.finding import Finding
from phaseline.operators.clusters.use import Use

Object = Mapping[str, Any]
DISK_FREE = 10**9  # below it pods soon cannot write
FULL = 0.95
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_GOOD = {
    "Ready": "True",
    "MemoryPressure": "False",
    "DiskPressure": "False",
    "PIDPressure": "False",
}


def nodes(listed: Iterable[Object]) -> Iterator[Finding]:
    """The conditions of each node, and that there is one."""
    names = []
    for node in listed:
        names.append(node["metadata"]["name"])
        faults = node_faults(node)
        seen = "; ".join(faults) or "Ready, without pressure"
        fix = "read .phaseline/cluster/logs/kubelet.log; `invoke cluster.restart`"
        yield Finding(f"node {names[-1]}", not faults, seen, fix)
    if not names:
        yield Finding("nodes", False, "there is none", "`invoke cluster.restart`")


def node_faults(node: Object) -> list[str]:
    """What is wrong with a node, by its conditions."""
    seen = {c["type"]: c for c in node["status"].get("conditions", [])}
    found = [
        f"{kind} is {seen[kind]['status']}: {seen[kind].get('message', '')}"
        if kind in seen
        else f"{kind} is not known"
        for kind, good in _GOOD.items()
        if seen.get(kind, {}).get("status") != good
    ]
    return found + ["it takes no pods"] * bool(node.get("spec", {}).get("unschedulable"))


def room(use: Iterable[Use]) -> Iterator[Finding]:
    """Whether each node has memory and disk left."""
    for one in use:
        free, total = one.disk_free, one.allocatable.get("memory", 0.0)
        if free is not None:
            seen = f"{free / 1e9:.1f} GB free"
            fix = "free some: `invoke prune`, `docker system prune`"
            yield Finding(f"disk of {one.name}", free >= DISK_FREE, seen, fix)
        if one.memory is not None and total:
            seen = f"{one.memory / 2**20:.0f} of {total / 2**20:.0f} MiB used"
            fix = "scale something down, or give the machine more"
            yield Finding(f"memory of {one.name}", one.memory < FULL * total, seen, fix)


def scheduling(pods: Iterable[Object]) -> Finding:
    """Whether a pod waits because no node takes it."""
    waiting = [
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}: {one.get('message', '')}"
        for pod in pods
        for one in pod.get("status", {}).get("conditions", [])
        if one["type"] == "PodScheduled" and one.get("reason") == "Unschedulable"
    ]
    seen = "; ".join(waiting) or "every pod has a node"
    fix = "ask for less in the chart's values, or free what other namespaces take"
    return Finding("scheduling", not waiting, seen, fix)


def storage_class(classes: Iterable[Object]) -> Finding:
    """Whether one class is the default."""
    default = [one["metadata"]["name"] for one in classes if _is_default(one)]
    seen = f"the default is {default[0]}" if len(default) == 1 else f"{len(default)} are default"
    fix = f"have one StorageClass with the annotation {_DEFAULT}: true"
    return Finding("storage class", len(default) == 1, seen, fix)


def volumes(listed: Iterable[Object], claims: Iterable[Object]) -> Finding:
    """Whether volumes have failed, or claims have lost theirs."""
    known = list(claims)
    bad = [*_in_phase(listed, "Failed"), *_in_phase(known, "Lost")]
    told = ", ".join(bad) or f"{len(list(_in_phase(known, 'Bound')))} claims are bound"
    return Finding("volumes", not bad, told, "`kubectl describe` them; delete what is not needed")


def _is_default(one: Object) -> bool:
    return bool(one["metadata"].get("annotations", {}).get(_DEFAULT) == "true")


def _in_phase(objects: Iterable[Object], phase: str) -> Iterator[str]:
    for one in objects:
        if one.get("status", {}).get("phase") == phase:
            yield f"{one['kind']} {one['metadata']['name']} is {phase}"
