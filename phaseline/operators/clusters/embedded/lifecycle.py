"""Start, stop and delete an embedded cluster, and see how it does."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from phaseline.core.errors import CheckFailed, CommandFailed, HostUnfit, TimedOut
from phaseline.core.files import write_atomic
from phaseline.operators.clusters import ranges
from phaseline.operators.clusters.embedded import configuration, pause
from phaseline.operators.clusters.embedded.layout import CNI_RESULTS, PAUSE, Layout
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.groups import pause as wait_a_little
from phaseline.process.run import spawn
from phaseline.tools import cgroups, ip
from phaseline.tools.ctr import Ctr
from phaseline.tools.kubectl import Kubectl

START_LIMIT = 90.0
GIVE_UP_AFTER = 6  # restarts of a unit that never became ready
_MADE_HERE = "cni-results/made-here"
_PACKAGE = str(Path(__file__).parents[4])  # the node runs the code that started it


def supervisor(layout: Layout) -> tuple[psutil.Process, psutil.Process] | None:
    """The two processes that hold the node: `unshare`, and process 1 of the node below it.

    They are found by the specification that they were started with, so that a start that was cut
    off is found too, and a reused process ID is never taken for them.
    """
    wanted = str(layout.specification)
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if words[-1:] == [wanted] and words[0].endswith("unshare"):
            with suppress(psutil.NoSuchProcess):
                children = process.children()
                if children:
                    return process, children[0]
    return None


def status(layout: Layout) -> dict[str, Any]:
    """What the supervisor last said of its units; `phase` is `down` when it is not there."""
    down = {"phase": "down", "fault": "", "units": {}}
    if supervisor(layout) is None:
        return down
    try:
        found: dict[str, Any] = json.loads(layout.status.read_text())
    except (FileNotFoundError, ValueError):
        return down
    return found


def containerd(layout: Layout) -> Ctr:
    """The node's containerd, reached from here through the root of the node's first process.

    Raises:
        CheckFailed: the node is down.
    """
    found = supervisor(layout)
    if found is None:
        raise CheckFailed("the node is down", fix="run `invoke cluster`")
    return Ctr(Path(f"/proc/{found[1].pid}/root/run/containerd/containerd.sock"))


def start(layout: Layout, binaries: Path) -> None:
    """Bring the node up: from nothing, or with the data it had. Returns when it is Ready.

    Raises:
        HostUnfit: the address range is in use by something else.
        TimedOut: it did not become ready; names the unit and its last lines.
    """
    if status(layout)["phase"] not in ("running", "down"):
        _end(layout, patience=6.0)
    launched = 0.0
    if supervisor(layout) is None:
        launched = time.time()
        _launch(layout, binaries)
    deadline = time.monotonic() + START_LIMIT
    _await_units(layout, deadline, ("containerd",))
    _load_pause(layout)
    _await_units(layout, deadline, ("kube-apiserver",))
    _bootstrap(layout, binaries, deadline)
    _await_units(layout, deadline, tuple(_unit_names(layout)))
    _await_node(layout, binaries, deadline)
    _await_pods(layout, binaries, launched, deadline)


def stop(layout: Layout) -> None:
    """End the node gracefully; its data stays."""
    _end(layout, patience=10.0)
    _remove_cgroup(layout)


def delete(layout: Layout) -> None:
    """End the node at once and remove all that it had."""
    found = supervisor(layout)
    if found:
        with suppress(psutil.NoSuchProcess):
            found[1].kill()
    with ThreadPoolExecutor(1) as pool:
        # most of the files, while the kernel takes the namespaces down; what it misses goes below
        pool.submit(shutil.rmtree, layout.folder / "containerd", ignore_errors=True)
        _end(layout, patience=10.0)
    _remove_cgroup(layout)
    made_here = (layout.folder / _MADE_HERE).exists()
    shutil.rmtree(layout.folder, ignore_errors=False)
    if made_here:
        with suppress(OSError):  # another cluster's, or something else, uses it by now
            CNI_RESULTS.rmdir()


def _end(layout: Layout, patience: float) -> None:
    found = supervisor(layout)
    if found:
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
    if not CNI_RESULTS.exists():
        write_atomic(layout.folder / _MADE_HERE, "")
        CNI_RESULTS.mkdir(parents=True)
    configuration.write(layout, binaries)
    # of pods that were cut off: kubelet spends seconds on each before it starts anything
    _remove_cgroup(layout)
    cgroups.make(layout.cgroup)
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
    ip.join(layout.interface, inner.pid, f"{layout.state.host_address}/30", "eth0")


@retry(
    retry=retry_if_exception_type(CheckFailed),
    wait=wait_fixed(0.02),
    stop=stop_after_delay(10),
    reraise=True,
)
def _inner(layout: Layout) -> psutil.Process:
    found = supervisor(layout)
    if found is None:
        raise CheckFailed("the node's supervisor did not start", why=_tail(layout, "supervisor"))
    return found[1]


def _unit_names(layout: Layout) -> list[str]:
    return [unit["name"] for unit in json.loads(layout.specification.read_text())["units"]]


def _await_units(layout: Layout, deadline: float, names: tuple[str, ...]) -> None:
    said = 0.0
    while True:
        now = status(layout)
        waiting = [name for name in names if not now["units"].get(name, {}).get("ready")]
        if now["phase"] == "running" and not waiting:
            return
        if now["phase"] in ("failed", "stopped") or supervisor(layout) is None:
            cause = now["fault"] or _tail(layout, "supervisor")
            raise CheckFailed("the node could not be prepared", why=cause)
        failing = [n for n in waiting if now["units"].get(n, {}).get("restarts", 0) > GIVE_UP_AFTER]
        if failing or time.monotonic() > deadline:
            first = (failing or waiting or ["supervisor"])[0]
            raise TimedOut(f"{first} did not become ready", why=_tail(layout, first))
        if time.monotonic() - said > 2.0:
            said = time.monotonic()
            journal.progress(f"waiting for {', '.join(waiting) or now['phase']}")
        wait_a_little(0.05)


def _tail(layout: Layout, name: str) -> str:
    log = layout.logs / f"{name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else ""


def _load_pause(layout: Layout) -> None:
    node = containerd(layout)
    if PAUSE not in node.names():
        node.import_file(pause.write(layout.config / "pause.tar"))


def _bootstrap(layout: Layout, binaries: Path, deadline: float) -> None:
    target = layout.folder / "kubeconfig"
    if target.exists():
        return
    journal.progress("giving the cluster its roles, DNS service and storage class")
    manifest = (layout.config / "bootstrap.yaml").read_text()
    _apply(Kubectl(binaries / "kubectl", layout.config / "super-admin.conf"), manifest, deadline)
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


def _await_node(layout: Layout, binaries: Path, deadline: float) -> None:
    kubectl = Kubectl(binaries / "kubectl", layout.folder / "kubeconfig")
    while True:
        node = kubectl.get("node", layout.state.name)
        conditions = {c["type"]: c for c in node["status"].get("conditions", [])} if node else {}
        ready = conditions.get("Ready", {"status": "Unknown", "message": "it has not registered"})
        if ready["status"] == "True":
            return
        if time.monotonic() > deadline:
            raise TimedOut("the node is not Ready", why=ready["message"] + _tail(layout, "kubelet"))
        journal.progress(f"waiting for the node to be Ready: {ready['message'][:80]}")
        wait_a_little(0.1)


def _await_pods(layout: Layout, binaries: Path, launched: float, deadline: float) -> None:
    """Wait until no pod is told to run by a status from before the launch."""
    kubectl = Kubectl(binaries / "kubectl", layout.folder / "kubeconfig")
    while stale := [pod for pod in kubectl.items("pods", "-A") if predates(pod, launched)]:
        name = stale[0]["metadata"]["name"]
        if time.monotonic() > deadline:
            raise TimedOut(f"the pod {name} is not taken up again", why=_tail(layout, "kubelet"))
        journal.progress(f"waiting for the node to take up {name} again")
        wait_a_little(0.2)


def predates(pod: Mapping[str, Any], moment: float) -> bool:
    """Whether a pod's status has a container run that began before `moment` (epoch seconds)."""
    states = [one.get("state", {}) for one in pod["status"].get("containerStatuses", [])]
    begun = [state["running"]["startedAt"] for state in states if "running" in state]
    return any(datetime.fromisoformat(text).timestamp() < int(moment) for text in begun)
