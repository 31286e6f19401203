"""What was measured of the deployed application, against the budgets of `pipeline.yaml`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from phaseline.operators.validation.load import Request, percentile

if TYPE_CHECKING:
    from phaseline.core.settings import Budgets

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure.

    Attributes:
        at_most, at_least: what it is held against; None for no such bound.
    """

    case: str
    figure: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ok(self) -> bool:
        """Whether it keeps within its bounds."""
        low = self.at_least is None or self.figure >= self.at_least
        return low and (self.at_most is None or self.figure <= self.at_most)

    def row(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "figure": round(self.figure, 3), "ok": self.ok}

    def __str__(self) -> str:
        bound = f"at most {self.at_most:g}" if self.at_most is not None else ""
        bound = bound or (f"at least {self.at_least:g}" if self.at_least is not None else "")
        return f"{self.case}: {self.figure:.4g} {self.unit}" + (f", {bound}" if bound else "")


def of_load(requests: Sequence[Request], budgets: Budgets) -> Iterator[Figure]:
    """Percentiles, throughput, and what was not answered."""
    good = [one.seconds * 1000 for one in requests if one.good]
    span = max((one.at + one.seconds for one in requests), default=0.0) or 1.0
    bounds = budgets.latency_ms
    for percent, most in ((50, bounds.p50), (95, bounds.p95), (99, bounds.p99)):
        figure = percentile(good, percent)
        yield Figure(case=f"latency, {percent} %", figure=figure, unit="ms", at_most=most)
    rate, least = len(good) / span, budgets.requests_per_second
    yield Figure(case="throughput", figure=rate, unit="requests/s", at_least=least)
    lost = len(requests) - len(good)
    yield Figure(case="requests without an answer", figure=lost, unit="requests", at_most=0)


def of_starts(pods: Iterable[Object], names: Mapping[str, str], most: float) -> Iterator[Figure]:
    """How long each component's slowest pod took from its making until it was first ready.

    Args:
        names: the component of an image, by the name that pods give it.
    """
    slowest: dict[str, float] = {}
    for pod in pods:
        ready = [c for c in pod["status"].get("conditions", ()) if c["type"] == "Ready"]
        # one that restarted was ready before: what it says now is no start
        restarts = sum(c["restartCount"] for c in pod["status"].get("containerStatuses", ()))
        if ready and ready[0]["status"] == "True" and not restarts:
            took = _seconds(ready[0]["lastTransitionTime"]) - _seconds(
                pod["metadata"]["creationTimestamp"]
            )
            for name in components(pod, names):
                slowest[name] = max(slowest.get(name, 0.0), took)
    for name, took in sorted(slowest.items()):
        yield Figure(case=f"start of {name}", figure=took, unit="s", at_most=most)


def of_use(
    before: Mapping[str, Use], after: Mapping[str, Use], budgets: Budgets
) -> Iterator[Figure]:
    """Memory after the load and processor use before it, of each component's largest pod."""
    for name, used in sorted(after.items()):
        bound = budgets.pods.get(name)
        most = float(bound.memory_mb) if bound else None
        yield Figure(case=f"memory of {name}", figure=used.memory / 1e6, unit="MB", at_most=most)
    for name, used in sorted(before.items()):
        bound = budgets.pods.get(name)
        most = bound.idle_cpu_percent if bound else None
        case = f"idle processor use of {name}"
        yield Figure(case=case, figure=used.cpu * 100, unit="% of a core", at_most=most)


@dataclass(frozen=True, kw_only=True)
class Use:
    """What a pod uses: cores, and bytes of its working set."""

    cpu: float
    memory: float


def of_summaries(
    told: Iterable[Object], pods: Iterable[Object], names: Mapping[str, str]
) -> dict[str, Use]:
    """The use of each component's largest pod, from kubelets' summaries; absent where untold."""
    owners = {pod["metadata"]["uid"]: components(pod, names) for pod in pods}
    found: dict[str, Use] = {}
    for summary in told:
        for pod in summary.get("pods") or ():
            for name in owners.get(pod["podRef"]["uid"], ()):
                use = Use(
                    cpu=(pod.get("cpu") or {}).get("usageNanoCores", 0) / 1e9,
                    memory=(pod.get("memory") or {}).get("workingSetBytes", 0),
                )
                if name not in found or use.memory > found[name].memory:
                    found[name] = use
    return found


def components(pod: Object, names: Mapping[str, str]) -> list[str]:
    """The components whose images a pod runs."""
    return [names[c["image"]] for c in pod["spec"]["containers"] if c["image"] in names]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
