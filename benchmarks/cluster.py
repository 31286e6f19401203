"""What the embedded cluster costs: to start, to stop and start again, while idle, to delete.

    python -m benchmarks.cluster                 every case
    python -m benchmarks.cluster --json          for scripts

Works in a copy of the checkout, whose cluster is deleted at the end. Whole commands are timed, as a
user waits for them. Needs root, the tools cached, and a machine on which nothing else runs.
Published for the same question as the first case: k3d 19.9 s, kind 33.0 s, minikube 50.8 s
(minikube's timeToK8s, v1.36.0).
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.deploy import Checkout, checkout
from benchmarks.table import Figure, show
from phaseline.operators.clusters import access
from phaseline.operators.clusters.embedded.layout import PAUSE
from phaseline.tools import cgroup_limits, cgroups, dns, ip

SETTLES = 20.0  # seconds that a node is left alone before it counts as idle
IDLE = 30.0
KUBERNETES = "kubernetes.default.svc.cluster.local"
NAMES = ("first", "second", "third")
_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def figures(copy: Checkout) -> list[Figure]:
    """All cases, one after another, on one cluster."""
    validated = statistics.median(copy.invoke("cluster.validate")[0] for _ in range(3))
    started = _timed(lambda: _up(copy))
    cpu, memory = _idle(copy)
    _deploy(copy)
    again = _timed(lambda: _stop_and_start(copy))
    deleted, left = _delete(copy)
    return [
        Figure("nothing to node Ready, DNS answers, storage class there", started, "s", 8),
        Figure("stop and start, 3 Deployments, until all are available", again, "s", 15),
        Figure("idle: of one processor", cpu * 100, "%", 10),
        Figure("idle: memory (PSS)", memory / 1e9, "GB", 1.2),
        Figure("delete", deleted, "s", 5),
        Figure("left after it: processes, interfaces, groups, folders", left, "", 0),
        Figure("validation of a configuration", validated, "s", 1),
    ]


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _up(copy: Checkout) -> None:
    """The command ends when the node is Ready."""
    copy.invoke("cluster.start")
    dns.resolve(KUBERNETES, access.node_address(copy.context()))
    with access.api(copy.context()) as api:
        _await("a storage class", lambda: bool(api.items(_CLASSES)))


def _idle(copy: Checkout) -> tuple[float, float]:
    """The share of one processor and the bytes that the node's own processes take."""
    group = access.embedded(copy.context()).own_cgroup
    time.sleep(SETTLES)
    before, began = _processor_seconds(group), time.monotonic()
    time.sleep(IDLE)
    share = (_processor_seconds(group) - before) / (time.monotonic() - began)
    return share, sum(map(_pss, _processes(group)))


def _processor_seconds(group: str) -> float:
    told = cgroup_limits.read_limits(group).processor_seconds
    return sys.exit("the kernel tells no processor time") if told is None else told


def _processes(group: str) -> set[int]:
    files = [place / "cgroup.procs" for place in cgroups.places(group)]
    return {int(pid) for file in files if file.exists() for pid in file.read_text().split()}


def _pss(process: int) -> int:
    """Its memory in bytes, what it shares with others divided among them."""
    rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def _deploy(copy: Checkout) -> None:
    """An application of three Deployments whose image is on the node."""
    listed = {"apiVersion": "v1", "kind": "List", "items": [_deployment(name) for name in NAMES]}
    access.kubectl(copy.context()).apply(json.dumps(listed))
    _await_available(copy)


def _deployment(name: str) -> dict[str, Any]:
    container = {"name": "wait", "image": PAUSE, "imagePullPolicy": "Never"}
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _stop_and_start(copy: Checkout) -> None:
    """A start waits until kubelet has told anew of each pod, so what is available is so now."""
    copy.invoke("cluster.stop")
    copy.invoke("cluster.start")
    _await_available(copy)


def _await_available(copy: Checkout) -> None:
    def available() -> bool:
        listed = api.items("/apis/apps/v1/namespaces/default/deployments")
        return [one["status"].get("availableReplicas") for one in listed] == [2, 2, 2]

    with access.api(copy.context()) as api:
        _await("the Deployments", available)


def _await(what: str, there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not there():
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not there after a minute")
        time.sleep(0.05)


def _delete(copy: Checkout) -> tuple[float, int]:
    """The seconds that it takes, and how many things are left."""
    layout = access.embedded(copy.context())
    processes = _processes(layout.own_cgroup)
    seconds, _ = copy.invoke("cluster.delete")
    left = [
        *(pid for pid in processes if Path(f"/proc/{pid}").exists()),
        *(place for place in cgroups.places(layout.cgroup) if place.exists()),
        *([layout.interface] if ip.exists(layout.interface) else []),
        *([layout.folder] if layout.folder.exists() else []),
    ]
    return seconds, len(left)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all is torn down
    with checkout({}) as copy:
        return show(figures(copy), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
