"""Analysis of a large cluster: 1,000 nodes and 10,000 pods, in time and memory.

    python -m benchmarks.analysis [--nodes N] [--pods N] [--json]

A server in a process of its own answers as an API server does, in pages, with objects of the sizes
and shapes that real ones have; every fiftieth workload has a fault. The analysis runs in another
process, through the same reading and rules as `invoke ai.analyze`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.table import Figure, show
from phaseline.operators.ai_operations.snapshot.loading import PAGE

_SECONDS, _MEGABYTES = 30.0, 600.0
_A_WORKLOAD, _A_NAMESPACE = 5, 20  # pods of a workload, workloads of a namespace
_FAULTY = 50  # one workload of so many
_IMAGES = 50  # that a node tells of: kubelet's own limit

_NOTHING = b'{"kind": "List", "metadata": {}, "items": []}'

Made = dict[str, Any]
Page = tuple[str, str]


def _metadata(name: str, namespace: str = "", **rest: Any) -> Made:
    fields: Made = {"f:metadata": {"f:labels": {f"f:{n}": {} for n in range(12)}}}
    managed = [{"manager": "kubectl", "apiVersion": "v1", "fieldsV1": fields}] * 3
    place = {"namespace": namespace} if namespace else {}
    uid = f"0000-{name}-{namespace}"
    return {"name": name, **place, "uid": uid, "managedFields": managed, **rest}


def _place(workload: int) -> str:
    return f"team-{workload // _A_NAMESPACE}"


def _template(workload: int) -> Made:
    faulty = workload % _FAULTY == 0
    container = {
        "name": "main",
        "image": f"registry.example/team/app-{workload % 400}:{'9' if faulty else '1'}.4.2",
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "env": [{"name": f"SETTING_{n}", "value": f"value-{n}-{workload}"} for n in range(8)],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"memory": "256Mi"},
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in a pod
    }
    volumes = [{"name": "tmp", "emptyDir": {}}, {"name": "kube-api-access-x", "projected": {}}]
    labels = {"app": f"app-{workload}", "team": _place(workload)}
    return {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": volumes}}


def _pod(number: int, nodes: int) -> Made:
    workload = number // _A_WORKLOAD
    template, faulty = _template(workload), workload % _FAULTY == 0
    owner = {"kind": "ReplicaSet", "name": f"app-{workload}-1", "uid": "x", "controller": True}
    labels = template["metadata"]["labels"]
    metadata = _metadata(f"app-{workload}-1-{number}", _place(workload), labels=labels)
    running: Made = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    waiting: Made = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
    state = {"name": "main", "ready": not faulty, "restartCount": 0}
    status = {
        "phase": "Pending" if faulty else "Running",
        "conditions": [
            {"type": kind, "status": str(not faulty), "lastTransitionTime": "2026-01-01T00:00:00Z"}
            for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": [
            {**state, "state": waiting if faulty else running, "containerID": "" if faulty else "x"}
        ],
    }
    spec = {**template["spec"], "nodeName": f"node-{number % nodes}"}
    return {"metadata": {**metadata, "ownerReferences": [owner]}, "spec": spec, "status": status}


def _node(number: int) -> Made:
    first = number * _IMAGES % 400
    names = [f"registry.example/team/app-{(first + n) % 400}:1.4.2" for n in range(_IMAGES)]
    status = {
        "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"},
        "conditions": [{"type": "Ready", "status": "True"}],
        "images": [{"names": [name], "sizeBytes": 1} for name in names],
    }
    return {"metadata": _metadata(f"node-{number}"), "spec": {}, "status": status}


def _deployment(workload: int) -> Made:
    faulty = workload % _FAULTY == 0
    template = _template(workload)
    selector = {"matchLabels": template["metadata"]["labels"]}
    spec = {"replicas": _A_WORKLOAD, "selector": selector, "template": template}
    ready = 0 if faulty else _A_WORKLOAD
    status = {"availableReplicas": ready, "updatedReplicas": _A_WORKLOAD}
    metadata = _metadata(f"app-{workload}", _place(workload))
    return {"metadata": metadata, "spec": spec, "status": status}


def _replica_set(workload: int) -> Made:
    owner = {"kind": "Deployment", "name": f"app-{workload}", "uid": "x", "controller": True}
    metadata = _metadata(f"app-{workload}-1", _place(workload), ownerReferences=[owner])
    return {"metadata": metadata, "spec": {"template": _template(workload)}}


def _service(workload: int) -> Made:
    labels = _template(workload)["metadata"]["labels"]
    spec = {"selector": labels, "ports": [{"port": 80, "targetPort": "http"}]}
    return {"metadata": _metadata(f"app-{workload}", _place(workload)), "spec": spec}


def _config(workload: int) -> Made:
    data = {f"key-{n}": "some value " * 10 for n in range(6)}
    return {"metadata": _metadata(f"app-{workload}", _place(workload)), "data": data}


def _namespace(number: int) -> Made:
    return {"metadata": _metadata(f"team-{number}"), "spec": {}, "status": {"phase": "Active"}}


def cluster(nodes: int, pods: int) -> dict[str, tuple[int, Callable[[int], Made]]]:
    """How many objects there are in each list, by its path, and what makes one."""
    workloads = pods // _A_WORKLOAD
    return {
        "/api/v1/nodes": (nodes, _node),
        "/api/v1/pods": (pods, partial(_pod, nodes=nodes)),
        "/api/v1/namespaces": (-(-workloads // _A_NAMESPACE), _namespace),
        "/api/v1/services": (workloads, _service),
        "/api/v1/configmaps": (workloads, _config),
        "/apis/apps/v1/deployments": (workloads, _deployment),
        "/apis/apps/v1/replicasets": (workloads, _replica_set),
    }


def _pages(lists: dict[str, tuple[int, Callable[[int], Made]]]) -> Iterator[tuple[Page, bytes]]:
    """Each page of each list, by path and token, made before anything is timed."""
    for path, (count, make) in lists.items():
        for first in range(0, count, PAGE):
            items = [make(number) for number in range(first, min(count, first + PAGE))]
            more = {"continue": str(first + PAGE)} if first + PAGE < count else {}
            body = json.dumps({"kind": "List", "metadata": more, "items": items}).encode()
            yield (path, str(first) if first else ""), body


def serve(nodes: int, pods: int, told: Connection) -> None:
    """Answer as an API server until the process is ended; the port is sent to `told`."""
    pages = dict(_pages(cluster(nodes, pods)))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            where = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(where.query).items()}
            body = pages.get((where.path, asked.get("continue", "")), _NOTHING)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.send(server.server_port)
    server.serve_forever()


def analyse(port: int, told: Connection) -> None:
    """Analyse what is served at `port`; seconds, peak bytes and findings are sent to `told`."""
    from urllib3 import HTTPConnectionPool

    from phaseline.operators.ai_operations.analysis.analysing import analyze
    from phaseline.operators.ai_operations.view import ClusterView
    from phaseline.tools.api_server import ApiServer

    with HTTPConnectionPool("127.0.0.1", port, timeout=60.0) as pool:
        started = time.perf_counter()
        found = analyze(ClusterView(ApiServer(pool), lambda namespace: []))
        seconds = time.perf_counter() - started
    faults = sum(one.code == "image-name" for one in found.findings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    told.send((seconds, peak, faults, found.counts))


def measure(nodes: int, pods: int) -> Iterator[Figure]:
    """The figures of one analysis.

    Raises:
        AssertionError: it did not find each fault, and nothing else of that sort.
    """
    spawn = get_context("spawn")  # so that neither process has the other's memory
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(nodes, pods, theirs))
    server.start()
    try:
        worker = spawn.Process(target=analyse, args=(ours.recv(), theirs))
        worker.start()
        seconds, peak, faults, counts = ours.recv()
        worker.join()
    finally:
        server.terminate()
        server.join()
    assert counts["Pod"] == pods
    assert counts["Node"] == nodes
    assert faults == -(-(pods // _A_WORKLOAD) // _FAULTY), faults
    case = f"{nodes:,} nodes, {pods:,} pods"
    yield Figure(f"{case}: seconds", seconds, "s", _SECONDS)
    yield Figure(f"{case}: peak memory", peak / 1e6, "MB", _MEGABYTES)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    return show(list(measure(wanted.nodes, wanted.pods)), as_json=wanted.json)


if __name__ == "__main__":
    sys.exit(main())
