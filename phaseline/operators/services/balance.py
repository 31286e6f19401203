"""How the connections to a Service are spread over its pods, measured.

A Service spreads connections, not requests: who keeps a connection stays with one pod. So what is
counted is what each pod has accepted, in the kernel's own figures of its network; probes of these
few seconds are among them. Each connection goes to a pod at random: of `n` over `k` pods, the
standard deviation of a pod's part is sqrt(n (k - 1)) / k, in percent of the even part
100 sqrt((k - 1) / n): 5.5 for 1,000 connections over 4 pods, 2.7 for 4,000.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.services.live import Live, look, pods
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools import connections

CONNECTIONS = 1000
_SIGMAS = 6  # by chance once in a thousand million


@dataclass(frozen=True)
class Spread:
    """How many connections each pod of a Service has accepted."""

    service: str
    pods: Mapping[str, int]

    @property
    def even(self) -> float:
        """The even part."""
        return sum(self.pods.values()) / len(self.pods)

    @property
    def deviation(self) -> float:
        """The standard deviation of the parts, as a share of the even one."""
        squares = sum((count - self.even) ** 2 for count in self.pods.values())
        return math.sqrt(squares / len(self.pods)) / self.even

    @property
    def worst(self) -> float:
        """How far the part that is farthest from the even one is, as a share of that."""
        return max(abs(count - self.even) for count in self.pods.values()) / self.even

    @property
    def by_chance(self) -> float:
        """The standard deviation to expect of `deviation` where each connection is a throw."""
        return math.sqrt((len(self.pods) - 1) / sum(self.pods.values()))

    def __str__(self) -> str:
        parts = ", ".join(str(count) for count in sorted(self.pods.values()))
        return (
            f"{self.service}: {parts}; deviation {self.deviation:.1%}, worst {self.worst:.1%}, "
            f"by chance {self.by_chance:.1%}"
        )


def check_balance(context: Context) -> Report:
    """Measure each Service that has several pods, and see that chance alone made the parts differ.

    Raises:
        CheckFailed: a pod gets more or less than chance would give it.
    """
    if not access.is_embedded(context):
        return Report("not measured: the pods' networks are out of this machine's reach")
    spreads = measure(context, CONNECTIONS)
    for one in spreads:
        if one.worst > _SIGMAS * one.by_chance:
            raise CheckFailed(
                f"{one.service} does not spread its connections evenly",
                why=str(one),
                fix="see that each pod is ready, and kube-proxy's log in .phaseline/cluster/logs",
            )
    if not spreads:
        return Report("no Service has several pods: there is nothing to spread")
    told = "; ".join(
        f"{one.service} over {len(one.pods)} pods, deviation {one.deviation:.1%}" for one in spreads
    )
    return Report(told)


def measure(context: Context, count: int) -> list[Spread]:
    """Connect `count` times to each Service that has several pods, from the node."""
    found = []
    for live in look(context):
        if is_spread(live):
            journal.progress(f"{count} connections to {live.name}")
            found.append(Spread(live.name, _measure(context, live, count)))
            journal.progress(str(found[-1]))
    return found


def is_spread(live: Live) -> bool:
    """Whether a Service has an address of its own, and several pods to choose from each time."""
    spec = live.service["spec"]
    chooses = spec.get("sessionAffinity", "None") == "None"
    return chooses and spec.get("clusterIP", "None") != "None" and len(live.endpoints) > 1


def accepted(context: Context, live: Live) -> dict[str, int]:
    """How many connections each pod of a Service has accepted since its start, by its name."""
    processes = access.pod_processes(context)
    return {
        pod["metadata"]["name"]: connections.accepted(processes[pod["metadata"]["uid"]])
        for pod in pods(context, (live,))
    }


def since(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What pods that were there before and after have accepted in between."""
    return {name: after[name] - before[name] for name in before if name in after}


def _measure(context: Context, live: Live, count: int) -> dict[str, int]:
    spec = live.service["spec"]
    node, port = access.node_process(context), spec["ports"][0]["port"]
    before = accepted(context, live)
    run(connections.made_in(node, spec["clusterIP"], port, count))
    return since(before, accepted(context, live))
