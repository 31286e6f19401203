"""The processes of a workspace's node, found from the machine, and whether the node is well."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from phaseline.tools import docker
from tests.deployment import application
from tests.deployment.workspace import Workspace

NAMESPACE_KINDS = ("mnt", "net", "pid")


def holder(specification: Path) -> psutil.Process:
    """The process whose end ends everything that `specification` tells of."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if words[-1:] == [str(specification)] and Path(words[0]).name == "unshare":
            return process
    raise AssertionError(f"nothing was started with {specification}")


def holder_of_node(workspace: Workspace) -> psutil.Process:
    """The holder of the workspace's node."""
    return holder(workspace.state / "cluster" / "config" / "node.json")


def holder_of_docker() -> psutil.Process:
    """The holder of our Docker daemon."""
    return holder(docker.folder() / "supervisor.json")


def status(workspace: Workspace) -> dict[str, Any]:
    """What the supervisor says of itself."""
    content: dict[str, Any] = json.loads((workspace.state / "cluster/status.json").read_text())
    return content


def process(workspace: Workspace, unit: str) -> psutil.Process:
    """The process of a unit: the supervisor tells its number inside the node only."""
    inside = status(workspace)["units"][unit]["pid"]
    for one in holder_of_node(workspace).children(recursive=True):
        try:
            lines = Path(f"/proc/{one.pid}/status").read_text().splitlines()
        except FileNotFoundError:  # it has ended since it was listed
            continue
        numbers = next(line for line in lines if line.startswith("NSpid:")).split()
        if len(numbers) == 3 and int(numbers[2]) == inside:
            return one
    raise AssertionError(f"{unit} has no process {inside}")


def containerd(workspace: Workspace, *words: str) -> list[str]:
    """A call to the node's containerd, in the namespace of Kubernetes; the words it printed."""
    inner = holder_of_node(workspace).children()[0]
    socket = f"/proc/{inner.pid}/root/run/containerd/containerd.sock"
    argv = ("ctr", f"--address={socket}", "--namespace=k8s.io", *words)
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()


def namespaces(of: psutil.Process) -> set[str]:
    """The namespaces below `of` that are not the machine's."""
    found = {name for child in of.children(recursive=True) for name in _namespaces(child.pid)}
    return found - _namespaces(os.getpid()) - _namespaces(1)


def _namespaces(pid: int) -> set[str]:
    found = set()
    for kind in NAMESPACE_KINDS:
        try:
            found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
        except OSError:  # it has ended, or is ending
            continue
    return found


def await_empty(of: set[str], limit: float = 5.0) -> None:
    """Wait until no process lives in any of some namespaces. Their names are used again later."""
    deadline = time.monotonic() + limit
    while left := [one for one in psutil.process_iter() if _namespaces(one.pid) & of]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def unwell(workspace: Workspace, place: str) -> str:
    """What is not as it should be, "" when the node is up and the page answers."""
    now = status(workspace)
    down = [name for name, unit in now["units"].items() if not unit["ready"]]
    if now["phase"] != "running" or down:
        return f"{now['phase']}: {', '.join(down)}"
    path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
    try:
        ready = application.kubectl(workspace, "get", "nodes", "-o", path)
        httpx.get(place, timeout=2).raise_for_status()
    except (AssertionError, subprocess.TimeoutExpired, httpx.HTTPError) as error:
        return str(error)
    return "" if ready == "True" else f"the node's Ready is {ready}"


def await_well(workspace: Workspace, place: str, limit: float) -> float:
    """Wait until nothing is unwell; returns the seconds that it took."""
    started = time.monotonic()
    while fault := unwell(workspace, place):
        waited = time.monotonic() - started
        assert waited < limit, f"after {waited:.1f} s: {fault}"
        time.sleep(0.05)
    return time.monotonic() - started
