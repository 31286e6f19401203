"""Whether this machine is fit for the pipeline: each finding with its cause and its fix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from phaseline.core.errors import HostUnfit, InvalidConfiguration, ToolMissing
from phaseline.core.finding import Finding, require
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context, cache_folder
from phaseline.operators.clusters import choice, model
from phaseline.operators.clusters.plan import free_link
from phaseline.operators.hosts.measures import NAMESPACES, Measures, measure
from phaseline.tools import docker, outlook

FREE = 5 * 10**9
CPUS = 2
MEMORY = 2 * 10**9
_MACHINES = ("x86_64", "aarch64")


def fit(context: Context) -> Report:
    """See that the machine will do.

    Raises:
        HostUnfit: it will not; every cause is named with its fix, and nothing was changed.
    """
    found = findings(context)
    require(found, "this machine will not do")
    return Report(f"{len(found)} checks passed")


def fit_stands(context: Context) -> Standing:
    """Whether the machine will still do."""
    faults = [str(one) for one in findings(context) if not one.fit]
    return Standing(not faults, "; ".join(faults) or "the machine will do")


def findings(context: Context) -> tuple[Finding, ...]:
    """All checks of this machine, for `context`'s provider."""
    folders = [context.state, cache_folder()]
    if docker.answers(docker.candidates()[0]):
        folders.append(Path("/var/lib/docker"))
    embedded = _kind(context) == "embedded"
    judged = judge(measure(folders), root_for="the embedded cluster" if embedded else "")
    addresses = (_addresses(context),) if embedded else ()
    return (*judged, _provider(context), *addresses, *_tools(context, embedded=embedded))


def judge(measures: Measures, *, root_for: str = "", free: int = FREE) -> tuple[Finding, ...]:
    """The checks as a table. Pure.

    Args:
        root_for: what root is needed for; empty when it is not.
        free: bytes that each file system must have free.
    """
    return (
        Finding("system", measures.system == "Linux", measures.system, "use a Linux machine"),
        Finding(
            "processor",
            measures.machine in _MACHINES,
            measures.machine,
            f"use one of {', '.join(_MACHINES)}",
        ),
        Finding(
            "user",
            measures.root or not root_for,
            "root" if measures.root else f"not root{root_for and ', needed for ' + root_for}",
            "run as root, or install minikube and set cluster.provider: minikube",
        ),
        *(_disk(folder, have, free) for folder, have in measures.free.items()),
        Finding("processors", measures.cpus >= CPUS, str(measures.cpus), f"give it {CPUS} CPUs"),
        Finding(
            "memory",
            measures.memory >= MEMORY,
            f"{measures.memory / 1e9:.1f} GB",
            f"give it {MEMORY / 1e9:.0f} GB",
        ),
        *_kernel(measures, needed=bool(root_for)),
    )


def _disk(folder: str, have: int, wanted: int) -> Finding:
    seen = f"{have / 1e9:.1f} GB free where {folder} lies"
    return Finding("disk", have >= wanted, seen, f"free {wanted / 1e9:.0f} GB there")


def _kernel(measures: Measures, *, needed: bool) -> tuple[Finding, ...]:
    """The kernel's part; it is the embedded cluster that needs it."""
    lacking = [kind for kind in NAMESPACES if kind not in measures.namespaces]
    absent = [name for name, there in measures.features.items() if there is False]
    unknown = [name for name, there in measures.features.items() if there is None]
    features = ", ".join(measures.features) + (f" (not told: {', '.join(unknown)})" * bool(unknown))
    return (
        Finding(
            "namespaces",
            not lacking or not needed,
            f"lacking {', '.join(lacking)}" if lacking else ", ".join(NAMESPACES),
            "use a kernel with CONFIG_NAMESPACES",
        ),
        Finding(
            "kernel",
            not absent or not needed,
            f"lacking {', '.join(absent)}" if absent else features,
            f"load or build the modules {', '.join(absent)}",
        ),
        Finding(
            "control groups",
            bool(measures.cgroups) or not needed,
            measures.cgroups or "none mounted",
            "mount cgroup2 at /sys/fs/cgroup",
        ),
    )


def _tools(context: Context, *, embedded: bool) -> Iterator[Finding]:
    """Whether the large tools are there or can be had; what they come from is asked at most."""
    kubernetes = context.workspace.settings["cluster"]["kubernetes"]
    first = ("kubernetes", kubernetes) if embedded else ("kubectl", None)
    for name, version in (first, ("helm", None)):
        seen = outlook.look(name, version)
        fix = "connect this machine to one of these sources, or put it on PATH"
        yield Finding(name, bool(seen.found or seen.comes_from), str(seen), fix)


def _addresses(context: Context) -> Finding:
    """Whether a new cluster's ranges are free; one that there is has its own already."""
    if state := model.load(context):
        return Finding("addresses", True, f"the node has {state.node_address}")
    try:
        link = free_link(context.pipeline.cluster, context.workspace.id)
    except ToolMissing:
        return Finding("addresses", True, "not told: `ip` is not installed yet")
    except HostUnfit as error:
        return Finding("addresses", False, f"{error.what}, for {error.why}", error.fix)
    return Finding("addresses", True, f"{link} is free")


def _kind(context: Context) -> str:
    """The cluster's kind; the embedded one where none can be used: what it needs is told then."""
    try:
        return choice.kind(context)
    except HostUnfit:
        return "embedded"


def _provider(context: Context) -> Finding:
    """Whether the provider that is asked for is that of the cluster that is here, if one is."""
    if (state := model.load(context)) is None:
        return Finding("provider", True, f"{_kind(context)}; no cluster is here yet")
    try:
        choice.require_same(choice.wanted(context), state)
    except InvalidConfiguration as error:
        return Finding("provider", False, error.what, error.fix)
    return Finding("provider", True, f"{state.provider}: {state.chosen_because}")
