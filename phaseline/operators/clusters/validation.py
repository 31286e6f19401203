"""Whether this machine has what `pipeline.yaml` asks for the embedded cluster: before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.core.errors import ToolMissing
from phaseline.core.finding import Finding
from phaseline.core.workspace import Context
from phaseline.operators.clusters import model, ranges
from phaseline.operators.clusters.model import ClusterState
from phaseline.operators.hosts.measures import Measures, measure
from phaseline.process.command import Command
from phaseline.process.run import attempt
from phaseline.tools import cgroup_limits, cgroups, ip
from phaseline.tools.capabilities import lacking
from phaseline.tools.catalogue import KUBERNETES

if TYPE_CHECKING:
    from phaseline.core.settings import Cluster

DISK = 2 * 10**9  # images, etcd and logs of a small application take a quarter of it
CONTROLLERS = ("cpu", "cpuset", "memory", "pids")  # kubelet does not start without
_NAMESPACES = ("--net", "--mount", "--pid", "--ipc", "--uts")


@dataclass(frozen=True, kw_only=True)
class Host:
    """This machine, as far as a node's start depends on it.

    Attributes:
        memory: bytes that we may use: all, or what the control groups above us allow.
        taken: address ranges in use: (range, what has it); None where that cannot be told.
        controllers: those of the control groups that are mounted and can be written.
        refusal: why the kernel makes no namespaces for us; "" when it does.
        lacking: capabilities that a node needs and we have not.
    """

    measures: Measures
    memory: int
    taken: Sequence[tuple[str, str]] | None
    controllers: frozenset[str]
    refusal: str
    lacking: tuple[str, ...]


def findings(context: Context) -> tuple[Finding, ...]:
    """All checks, as a table; nothing is changed."""
    return tuple(judge(context.pipeline.cluster, model.load(context), look(context.state)))


def look(folder: Path) -> Host:
    """Measure this machine; `folder` is where the cluster is kept."""
    measures = measure([folder])
    limit = cgroup_limits.own_memory()
    return Host(
        measures=measures,
        memory=min(measures.memory, limit) if limit else measures.memory,
        taken=_taken(),
        controllers=cgroups.controllers(),
        refusal=_refusal(),
        lacking=lacking(),
    )


def _taken() -> Sequence[tuple[str, str]] | None:
    try:
        return ip.routes()
    except ToolMissing:  # the step that installs packages has not run yet
        return None


def _refusal() -> str:
    """Make the namespaces of a node, with nothing in them."""
    try:
        tried = attempt(Command(argv=("unshare", *_NAMESPACES, "--fork", "true"), timeout=10.0))
    except ToolMissing as error:
        return error.what
    return tried.tail if tried.code else ""


def judge(settings: Cluster, state: ClusterState | None, host: Host) -> Iterator[Finding]:
    """The checks of one machine; pure.

    Args:
        state: the cluster that there is already.
    """
    yield _version(settings, state)
    yield from _sizes(settings, host)
    yield from _ranges(settings, state, host.taken)
    yield Finding("ports", True, "none of this machine: the node has a network of its own")
    yield from _kernel(host)


def _version(settings: Cluster, state: ClusterState | None) -> Finding:
    """By the rules of https://kubernetes.io/releases/version-skew-policy/ for kubectl."""
    wanted = settings.kubernetes
    other = state.kubernetes if state else f"v{KUBERNETES}"
    here = "the cluster that is here" if state else "what phaseline is made for"
    apart = abs(_minor(wanted) - _minor(other)) > 1 or wanted.split(".")[0] != other.split(".")[0]
    told = wanted if wanted == other else f"{wanted}; {here} is {other}"
    way_out = ", or `invoke cluster.delete` first" if state else ""
    fix = f"set cluster.kubernetes to {other}, at most one minor version from it{way_out}"
    return Finding("kubernetes", not apart, told, fix)


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def _sizes(settings: Cluster, host: Host) -> Iterator[Finding]:
    cpus, memory = host.measures.cpus, host.memory / 2**20
    wanted = settings.cpus
    yield Finding(
        "processors",
        wanted <= cpus,
        f"{wanted} wanted, {cpus} here",
        f"set cluster.cpus to {cpus}, or give the machine more",
    )
    yield Finding(
        "memory",
        settings.memory_mb <= memory,
        f"{settings.memory_mb} MiB wanted, {memory:.0f} MiB here",
        f"set cluster.memory_mb to {memory:.0f} or less, or give the machine more",
    )
    own = settings.control_plane.memory_mb
    yield Finding(
        "control plane",
        own <= memory,
        f"at most {own} MiB",
        f"set cluster.control_plane.memory_mb below {memory:.0f}",
    )
    for folder, free in host.measures.free.items():
        seen = f"{free / 1e9:.1f} GB free where {folder} lies"
        yield Finding("disk", free >= DISK, seen, f"free {DISK / 1e9:.0f} GB there")


def _ranges(
    settings: Cluster, state: ClusterState | None, taken: Sequence[tuple[str, str]] | None
) -> Iterator[Finding]:
    for field in ("pod_range", "service_range"):
        wanted = getattr(settings, field)
        kept = getattr(state, field) if state else wanted
        yield ranges.judge(field, wanted, kept, taken)
    if state:
        yield Finding("link_range", True, f"the node has {state.node_address}")
    else:
        yield ranges.judge_link(settings.link_range, taken)


def _kernel(host: Host) -> Iterator[Finding]:
    measures = host.measures
    absent = [name for name, there in measures.features.items() if there is False]
    yield Finding(
        "kernel",
        not absent,
        f"lacks {', '.join(absent)}" if absent else ", ".join(measures.features),
        f"load or build the modules {', '.join(absent)}",
    )
    yield Finding(
        "namespaces",
        not host.refusal,
        host.refusal or "can be made",
        "run as root outside of a container, or in a privileged one",
    )
    missing = [name for name in CONTROLLERS if name not in host.controllers]
    yield Finding(
        "control groups",
        bool(measures.cgroups) and not missing,
        f"{measures.cgroups or 'none mounted'}{', without ' * bool(missing)}{', '.join(missing)}",
        "mount cgroup2, or each controller of v1, below /sys/fs/cgroup, to be written",
    )
    yield Finding(
        "capabilities",
        not host.lacking,
        f"without {', '.join(host.lacking)}" if host.lacking else "all that a node needs",
        "run as root outside of a container, or give the container these capabilities",
    )
