"""Start, stop and delete an embedded cluster."""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from phaseline.core.errors import CheckFailed, CommandFailed, HostUnfit, TimedOut
from phaseline.core.files import digest_text, remove_drafts, write_atomic
from phaseline.operators.clusters import ranges
from phaseline.operators.clusters.embedded import (
    configuration,
    outside,
    pause,
    registry,
    units,
)
from phaseline.operators.clusters.embedded.layout import PAUSE, Layout
from phaseline.operators.clusters.embedded.readiness import await_node, await_pods, await_units
from phaseline.operators.clusters.embedded.running import (
    containerd,
    status,
    supervisor,
    tail,
    unit_names,
)
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.groups import pause as wait_a_little
from phaseline.process.run import spawn
from phaseline.tools import cgroup_limits, cgroups, ip
from phaseline.tools.kubectl import Kubectl

START_LIMIT = 90.0
_PACKAGE = str(Path(__file__).parents[4])  # the node runs the code that started it


def start(layout: Layout, binaries: Path) -> None:
    """Bring the node up: from nothing, or with the data it had. Returns when it is Ready.

    Raises:
        HostUnfit: the address range is in use by something else.
        TimedOut: it did not become ready; names the unit and its last lines.
    """
    for folder in (layout.folder, layout.config, *layout.config.glob("*/")):
        remove_drafts(folder)  # of a start that was cut off
    phase = status(layout)["phase"]
    if phase not in ("running", "down") or (phase == "running" and not ip.exists(layout.interface)):
        _end(layout, patience=6.0)  # half a node: its start was cut off, or its link was removed
    if supervisor(layout) and _differs(layout, binaries):
        journal.progress("the node is to have other processes than it has: it starts again")
        stop(layout)
    launched = 0.0
    if supervisor(layout) is None:
        launched = time.time()
        _launch(layout, binaries)
    _limit(layout)
    # also for a node that runs: a start may have been cut off between the pair and its address
    ip.settle(layout.interface, f"{layout.state.host_address}/30")
    deadline = time.monotonic() + START_LIMIT
    await_units(layout, deadline, ("containerd",))
    _load_pause(layout)
    await_units(layout, deadline, ("kube-apiserver",))
    _bootstrap(layout, binaries, deadline)
    await_units(layout, deadline, tuple(unit_names(layout)))
    await_node(layout, deadline)
    await_pods(layout, launched, deadline)


def stop(layout: Layout) -> None:
    """End the node gracefully; its data stays."""
    _end(layout, patience=10.0)
    _remove_cgroup(layout)


def delete(layout: Layout) -> None:
    """End the node at once and remove all that it had."""
    if found := _processes(layout):
        with suppress(psutil.NoSuchProcess):
            found[1].kill()
    with ThreadPoolExecutor(1) as pool:
        # most of the files, while the kernel takes the namespaces down; what it misses goes below
        pool.submit(shutil.rmtree, layout.folder / "containerd", ignore_errors=True)
        _end(layout, patience=10.0)
    _remove_cgroup(layout)
    shutil.rmtree(layout.folder, ignore_errors=False)
    registry.forget(layout)
    outside.remove_unused()


def _limit(layout: Layout) -> None:
    """Also of a node that runs: its settings may have changed."""
    memory = layout.limits.memory_mb * 2**20
    cgroup_limits.set_limits(layout.own_cgroup, memory=memory, weight=layout.limits.cpu_weight)


def _differs(layout: Layout, binaries: Path) -> bool:
    return {one.name for one in units.units(layout, binaries)} != set(unit_names(layout))


def _end(layout: Layout, patience: float) -> None:
    if found := _processes(layout):
        outer, inner = found
        with suppress(psutil.NoSuchProcess):
            inner.terminate()
        _, alive = psutil.wait_procs([inner], timeout=patience)
        for process in alive:
            process.kill()
        _, alive = psutil.wait_procs([outer, inner], timeout=10.0)
        if alive:
            raise TimedOut(f"the node's process {alive[0].pid} does not end")
    ip.remove(layout.interface)


def _processes(layout: Layout) -> tuple[psutil.Process, psutil.Process] | None:
    """What `supervisor` finds, to be waited for: a reused process ID is not taken for them."""
    with suppress(psutil.NoSuchProcess):
        if found := supervisor(layout):
            return psutil.Process(found[0]), psutil.Process(found[1])
    return None


def _remove_cgroup(layout: Layout) -> None:
    if left := cgroups.remove(layout.cgroup, patience=5.0):
        raise TimedOut(f"the cgroup {left[0]} still has processes", fix="end them, then try again")


def _launch(layout: Layout, binaries: Path) -> None:
    ip.remove(layout.interface)  # of a node that was cut off; its peer is gone with it
    if taken := ranges.clash(layout.state.link, ip.routes()):
        raise HostUnfit(
            f"the cluster's address range {layout.state.link} is in use",
            why=f"it overlaps {taken}",
            fix="free it, or run `invoke teardown` and set cluster.link_range in pipeline.yaml",
        )
    for name in ("logs", "volumes", "cni-results", "pod-logs"):
        (layout.folder / name).mkdir(parents=True, exist_ok=True)
    outside.make()
    configuration.write(layout, binaries)
    # of pods that were cut off: kubelet spends seconds on each before it starts anything
    _remove_cgroup(layout)
    cgroups.make(layout.cgroup)
    cgroups.make(layout.own_cgroup, processes=True)
    layout.status.unlink(missing_ok=True)
    journal.progress("starting the node in namespaces of its own")
    spawn(
        Command(
            argv=(
                "unshare",
                "--net",
                "--mount",
                "--pid",
                "--ipc",
                "--uts",
                "--fork",
                "--kill-child",
                "--propagation",
                "slave",
                "--mount-proc",
                sys.executable,
                "-m",
                "phaseline.process.supervisor",
                str(layout.specification),
            ),
            env={"PYTHONPATH": _PACKAGE},
        ),
        layout.logs / "supervisor.log",
    )
    inner = _inner(layout)
    cgroup_limits.enter(layout.own_cgroup, inner)  # while it waits for its interface
    ip.join(layout.interface, inner, "eth0")


@retry(
    retry=retry_if_exception_type(CheckFailed),
    wait=wait_fixed(0.02),
    stop=stop_after_delay(10),
    reraise=True,
)
def _inner(layout: Layout) -> int:
    found = supervisor(layout)
    if found is None:
        raise CheckFailed("the node's supervisor did not start", why=tail(layout, "supervisor"))
    return found[1]


def _load_pause(layout: Layout) -> None:
    node = containerd(layout)
    if PAUSE not in node.names():
        node.import_file(pause.write(layout.config / "pause.tar"))


def _bootstrap(layout: Layout, binaries: Path, deadline: float) -> None:
    """Give the cluster its objects; again where another version has others."""
    target, note = layout.folder / "kubeconfig", layout.config / "bootstrap.applied"
    wanted = configuration.manifests(layout)
    if target.exists() and note.exists() and note.read_text() == digest_text(wanted):
        return
    journal.progress("giving the cluster its roles, DNS service and storage class")
    _apply(Kubectl(binaries / "kubectl", layout.config / "super-admin.conf"), wanted, deadline)
    write_atomic(note, digest_text(wanted))
    write_atomic(target, (layout.config / "admin.conf").read_text(), mode=0o600)


def _apply(kubectl: Kubectl, manifest: str, deadline: float) -> None:
    while True:
        try:
            kubectl.apply(manifest)
            return
        except CommandFailed:  # a fresh API server makes kube-system and its roles in its own time
            if time.monotonic() > deadline:
                raise
        wait_a_little(0.2)
