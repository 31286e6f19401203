"""Right-sizing: a recommendation for each container, and the patch of the chart's values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.sizing.formulas import Fit, fit, worth
from phaseline.operators.ai_operations.sizing.usage import Usage, kept, key, sampled, summaries
from phaseline.operators.ai_operations.sizing.values import patched
from phaseline.operators.ai_operations.snapshot.loading import load
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, wanted
from phaseline.operators.ai_operations.snapshot.quantity import amount, cores, memory
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.operators.clusters import access
from phaseline.operators.images.model import load_images

_NONE = "not set"
TRUSTED = 0.5  # of confidence, from which anything is lowered


@dataclass(frozen=True)
class Advice:
    """What a container asks for, and what would fit it.

    Attributes:
        now, wanted: by `requests.cpu`, `requests.memory`, `limits.memory`, as Kubernetes writes
            them; `wanted` has only what is worth a change.
        saving: cores and bytes that all its pods would ask for less; negative for more.
        because: why something is left as it is, or is larger than what was seen.
    """

    workload: Ref
    container: str
    image: str
    now: Mapping[str, str]
    wanted: Mapping[str, str]
    saving: tuple[float, float]
    confidence: float
    samples: int
    because: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        """The same as values that JSON has."""
        content = asdict(self)
        return {**content, "workload": str(self.workload), "namespace": self.workload.namespace}


@dataclass(frozen=True)
class Recommendation:
    """All of it, with the patch of the chart's values: a unified diff, "" for none."""

    advice: tuple[Advice, ...]
    patch: str = ""

    def plain(self) -> dict[str, object]:
        """The same as values that JSON has."""
        listed = [one.plain() for one in self.advice]
        return {"version": 1, "recommendations": listed, "patch": self.patch}


def history(context: Context) -> Path:
    """Where samples are kept."""
    return context.state / "ai" / "usage.json"


def optimize(context: Context, view: ClusterView, namespace: str) -> Recommendation:
    """Sample what runs in a namespace, and recommend by all samples so far. Nothing is changed.

    Raises:
        CheckFailed: this workspace has no cluster. Unreachable: the API server does not answer.
    """
    snapshot = load(view, namespace)
    with access.api(context) as admin:  # the node proxy is no right of who only looks
        new = sampled(snapshot, summaries(admin, snapshot), namespace)
    advice = tuple(recommended(snapshot, kept(history(context), new), namespace))
    return Recommendation(advice, _patch(context, advice, namespace))


def recommended(snapshot: Snapshot, usage: Usage, namespace: str) -> Iterator[Advice]:
    """A recommendation for each container of which there are samples. Pure."""
    for workload in snapshot.workloads(namespace):
        if workload.ref.kind in ("Job", "CronJob"):
            continue
        for one in workload.spec.get("containers") or ():
            name = key(workload.ref, one["name"])
            found = fit(usage.of(name), usage.ooms.get(name, 0.0))
            if found is not None:
                scaled = set(_scaled(snapshot, workload.ref))
                yield _advice(workload, one, found, scaled, usage.ooms.get(name, 0.0))


def _scaled(snapshot: Snapshot, workload: Ref) -> Iterator[str]:
    """The resources by whose use a workload is scaled: another request would scale it."""
    for one in snapshot.all("HorizontalPodAutoscaler", workload.namespace):
        if one["spec"]["scaleTargetRef"]["name"] == workload.name:
            for metric in one["spec"].get("metrics") or ():
                if resource := metric.get("resource"):
                    yield resource["name"]


def _advice(workload: Workload, one: Object, found: Fit, scaled: set[str], oom: float) -> Advice:
    resources = one.get("resources") or {}
    now = {
        f"{side}.{resource}": str(value)
        for side in ("requests", "limits")
        for resource, value in (resources.get(side) or {}).items()
        if resource in ("cpu", "memory")
    }
    fits = {
        "requests.cpu": found.cpu,
        "requests.memory": found.memory,
        "limits.memory": found.memory,
    }
    worthy = {
        name: value
        for name, value in fits.items()
        if name.partition(".")[2] not in scaled
        and worth(amount(now.get(name)), value)
        and not _floored(found, name, amount(now.get(name)), value)
    }
    # what is lowered after too few looks is what kills a program at its next peak
    sure = found.confidence >= TRUSTED
    wanted_ = {
        name: cores(value) if name.endswith("cpu") else memory(value)
        for name, value in worthy.items()
        if sure or value > amount(now.get(name))
    }
    early = [name for name in worthy if name not in wanted_]
    return Advice(
        workload=workload.ref,
        container=one["name"],
        image=one["image"],
        now=now,
        wanted=wanted_,
        saving=_saving(now, wanted_, max(1, wanted(workload.object))),
        confidence=found.confidence,
        samples=found.samples,
        because=tuple(_because(scaled, oom, now, early)),
    )


def _floored(found: Fit, name: str, now: float, value: float) -> bool:
    """Whether only a floor would raise what does already."""
    needed = found.needed_cpu if name.endswith("cpu") else found.needed_memory
    return needed <= now < value


def _because(
    scaled: set[str], oom: float, now: Mapping[str, str], early: Sequence[str]
) -> Iterator[str]:
    if early:
        yield f"too few samples, or of too short a time, to lower {', '.join(early)}"
    for resource in sorted(scaled):
        yield f"{resource} is left as it is: an autoscaler goes by it"
    if oom:
        yield f"it was killed at {memory(oom)}: a quarter more at least"
    if "limits.cpu" in now:
        yield "it has a limit of processor time, which slows its start"


def _saving(now: Mapping[str, str], new: Mapping[str, str], pods: int) -> tuple[float, float]:
    found = []
    for name in ("requests.cpu", "requests.memory"):
        change = amount(now.get(name)) - amount(new[name]) if name in new else 0.0
        found.append(change * pods)
    return found[0], found[1]


def _patch(context: Context, advice: Sequence[Advice], namespace: str) -> str:
    """The diff of the chart's values for what runs the application's own images."""
    chart = context.pipeline.chart
    if namespace != chart.namespace:
        return ""
    repositories = {
        image.repository: part.values.rpartition(".")[0]
        for name, image in load_images(context).items()
        for part in context.pipeline.components
        if part.name == name
    }
    changes: dict[tuple[str, ...], str] = {}
    for one in advice:
        place = repositories.get(one.image.rpartition(":")[0])
        if place and one.workload.kind in ("Deployment", "StatefulSet", "DaemonSet"):
            for name, value in one.wanted.items():
                changes[(*place.split("."), "resources", *name.split("."))] = value
    file = f"{chart.folder}/values.yaml"
    return patched((context.workspace.root / file).read_text(), changes, file)


def table(found: Recommendation) -> list[tuple[str, ...]]:
    """Rows for a person: container, value, now, wanted, confidence."""
    return [
        (
            f"{one.workload}/{one.container}",
            name,
            one.now.get(name, _NONE),
            value,
            f"{one.confidence:.0%} of {one.samples} samples",
        )
        for one in found.advice
        for name, value in one.wanted.items()
    ]


def summary(found: Recommendation) -> str:
    """Half a line: of how many containers there are samples, and what would be saved."""
    cpu, bytes_ = (sum(one.saving[n] for one in found.advice) for n in (0, 1))
    samples = sum(one.samples for one in found.advice)
    known = f"{len(found.advice)} containers, {samples} samples"
    if not any(one.wanted for one in found.advice):
        return f"{known}; nothing to change"
    saved = [f"{cores(abs(cpu))} of a core" if cpu else "", memory(abs(bytes_)) if bytes_ else ""]
    return f"{known}; requests would change by {' and '.join(filter(None, saved)) or 'nothing'}"


def reasons(found: Recommendation) -> list[str]:
    """Why things are left as they are, a line each."""
    return [
        f"{one.workload}/{one.container}: {text}" for one in found.advice for text in one.because
    ]
