"""Samples of what containers use, from each node's kubelet, kept from run to run.

`/stats/summary` through the API server's node proxy needs neither Prometheus nor a metrics server.
Fields: https://github.com/kubernetes/kubelet/blob/master/pkg/apis/stats/v1alpha1/types.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from phaseline.core.kept import Kept
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Ref, container, ended, statuses
from phaseline.operators.ai_operations.snapshot.quantity import amount
from phaseline.tools.api_server import ApiServer

_MOST = 2000  # samples of a container that are kept, the newest
_NANO = 1e-9


@dataclass(frozen=True)
class Sample:
    """What one container used at one moment.

    Attributes:
        time: seconds since 1970; cpu: cores; memory: bytes of its working set; age: seconds since
            the container started.
    """

    time: float
    pod: str
    cpu: float
    memory: float
    age: float


@dataclass(frozen=True, kw_only=True)
class Usage(Kept):
    """All samples, by `namespace/Kind/name/container`, and the largest limits that did not do.

    Attributes:
        samples: each as `[time, pod, cpu, memory, age]`.
        ooms: bytes of the limit at which a container was killed for want of memory.
    """

    VERSION: ClassVar[int] = 1
    samples: Mapping[str, Any] = field(default_factory=dict)
    ooms: Mapping[str, float] = field(default_factory=dict)

    def of(self, key: str) -> list[Sample]:
        """The samples of a container, oldest first."""
        return [Sample(*one) for one in self.samples.get(key, ())]

    def joined(self, new: Usage) -> Usage:
        """This with newer samples; one that is there already is not counted twice."""
        samples = {key: list(map(list, listed)) for key, listed in self.samples.items()}
        for key, listed in new.samples.items():
            seen = {(one[0], one[1]) for one in samples.get(key, ())}
            fresh = [list(one) for one in listed if (one[0], one[1]) not in seen]
            samples[key] = sorted([*samples.get(key, ()), *fresh])[-_MOST:]
        most = {key: max(self.ooms.get(key, 0.0), value) for key, value in new.ooms.items()}
        return Usage(samples=samples, ooms={**self.ooms, **most})


def key(workload: Ref, name: str) -> str:
    """The key of a container's samples."""
    return f"{workload.namespace}/{workload.kind}/{workload.name}/{name}"


def sampled(snapshot: Snapshot, summaries: Iterable[Mapping[str, Any]], namespace: str) -> Usage:
    """What the kubelets' summaries and the pods' states tell of a namespace's workloads. Pure."""
    owners = {
        pod["metadata"]["uid"]: workload.ref
        for workload in snapshot.workloads(namespace)
        for pod in workload.pods
    }
    samples: dict[str, list[list[Any]]] = {}
    for summary in summaries:
        for pod in summary.get("pods") or ():
            if owner := owners.get(pod["podRef"]["uid"]):
                for one in pod.get("containers") or ():
                    if (found := _sample(pod["podRef"]["uid"], one)) is not None:
                        samples.setdefault(key(owner, one["name"]), []).append(found)
    ooms = {k: v for one in snapshot.workloads(namespace) for k, v in _killed(one)}
    return Usage(samples=samples, ooms=ooms)


def _sample(pod: str, one: Mapping[str, Any]) -> list[Any] | None:
    cpu, memory = one.get("cpu") or {}, one.get("memory") or {}
    if "usageNanoCores" not in cpu or "workingSetBytes" not in memory:
        return None
    time = _seconds(memory["time"])
    cores = round(cpu["usageNanoCores"] * _NANO, 6)
    return [time, pod, cores, memory["workingSetBytes"], time - _seconds(one["startTime"])]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _killed(workload: Workload) -> Iterator[tuple[str, float]]:
    for pod in workload.pods:
        for status in statuses(pod):
            if ended(status).get("reason") == "OOMKilled":
                resources = container(pod["spec"], status["name"]).get("resources") or {}
                limit = amount((resources.get("limits") or {}).get("memory"))
                yield key(workload.ref, status["name"]), limit


def summaries(api: ApiServer, snapshot: Snapshot) -> Iterator[Mapping[str, Any]]:
    """The summary of each node that answers.

    Raises:
        CommandFailed: this account may not use the node proxy.
    """
    for node in snapshot.all("Node"):
        path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
        if found := api.get(path):
            yield found


def kept(path: Path, new: Usage) -> Usage:
    """The samples at `path` with new ones, which are kept there."""
    joined = (Usage.read(path) or Usage()).joined(new)
    joined.write(path)
    return joined
