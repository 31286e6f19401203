"""The metrics API: what it makes of the kubelet's summary, and whom it answers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from phaseline.operators.clusters.embedded import metrics, serving
from phaseline.operators.clusters.embedded.usage import VERSION, node_metrics, pod_metrics
from phaseline.tools.api_server import ApiServer, identify
from tests.unit.clusters.authority import Authority

USED = {
    "cpu": {"time": "2026-11-23T20:00:00Z", "usageNanoCores": 1500000},
    "memory": {"workingSetBytes": 2048000},
}
NODE = {"metadata": {"name": "node-1", "labels": {"a": "b"}, "uid": "n"}}
SUMMARY: dict[str, Any] = {
    "node": {"nodeName": "node-1", **USED},
    "pods": [
        {"podRef": {"uid": "u-1"}, "containers": [{"name": "web", **USED}]},
        {"podRef": {"uid": "u-2"}, "containers": [{"name": "web"}]},
    ],
}
USAGE = {"cpu": "1500000n", "memory": "2000Ki"}


def pod(uid: str, *containers: str, phase: str = "Running") -> dict[str, Any]:
    return {
        "metadata": {"name": f"pod-{uid}", "namespace": "shop", "labels": {"app": "x"}, "uid": uid},
        "spec": {"containers": [{"name": name} for name in containers]},
        "status": {"phase": phase},
    }


def test_what_a_node_uses() -> None:
    found = node_metrics(NODE, SUMMARY)
    assert found
    assert (found["kind"], found["apiVersion"]) == ("NodeMetrics", VERSION)
    assert found["metadata"] == {"name": "node-1", "labels": {"a": "b"}}
    assert found["usage"] == USAGE
    assert found["timestamp"] == "2026-11-23T20:00:00Z"


def test_a_node_that_was_not_looked_at_yet_is_left_out() -> None:
    assert node_metrics(NODE, {"node": {"nodeName": "node-1"}}) is None


def test_what_a_pod_uses() -> None:
    (found,) = pod_metrics([pod("u-1", "web")], SUMMARY)
    assert found["metadata"] == {"name": "pod-u-1", "namespace": "shop", "labels": {"app": "x"}}
    assert found["containers"] == [{"name": "web", "usage": USAGE}]


@pytest.mark.parametrize(
    "unknown",
    [
        pod("u-2", "web"),  # the kubelet has not looked yet
        pod("u-3", "web"),  # nor heard of it
        pod("u-1", "web", "beside"),  # a part of its use would count as all
        pod("u-1", "web", phase="Succeeded"),
    ],
)
def test_a_pod_that_is_not_wholly_known_is_left_out(unknown: dict[str, Any]) -> None:
    assert pod_metrics([unknown], SUMMARY) == []


class Node:
    """An API server that has one node with one pod, and knows nothing else."""

    asked: list[str]
    headers: Mapping[str, str]

    def __init__(self) -> None:
        self.asked, self.headers = [], {}

    def request(self, method: str, path: str, **options: Any) -> Any:
        self.asked.append(path)
        items = {"nodes": [NODE], "pods": [pod("u-1", "web")]}
        kind = path.partition("?")[0].rpartition("/")[2]
        found = SUMMARY if kind == "summary" else {"kind": "List", "items": items.get(kind, [])}

        class Answer:
            status = 200

            def json(self) -> Any:
                return found

        return Answer()


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def port(tmp_path: Path, node: Node) -> Iterator[int]:
    """Where the metrics API answers, with the certificates of `tmp_path`."""
    for name in ("ca", "front-proxy-ca"):
        Authority(tmp_path, name)
    api: Any = node
    answers = metrics.Metrics(ApiServer(api), "node-1")
    server = metrics.listen(("127.0.0.1", 0), answers, serving.context(tmp_path, "localhost"))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def client(folder: Path, port: int, by: str) -> HTTPSConnectionPool:
    """A client with a certificate of the authority `by` of the folder: its own."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    if by:
        identify(context, *((folder / f"{by}.{end}").read_bytes() for end in ("crt", "key")))
    return HTTPSConnectionPool("localhost", port, ssl_context=context, retries=False, timeout=5)


def get(folder: Path, port: int, path: str, by: str = "front-proxy-ca") -> tuple[int, Any]:
    with client(folder, port, by) as pool:
        answer = pool.request("GET", path)
        return answer.status, answer.json()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "APIResourceList"),
        ("/nodes", "NodeMetricsList"),
        ("/nodes/node-1", "NodeMetrics"),
        ("/pods", "PodMetricsList"),
        ("/namespaces/shop/pods", "PodMetricsList"),
        ("/namespaces/shop/pods/pod-u-1", "PodMetrics"),
    ],
)
def test_each_question_is_answered(tmp_path: Path, port: int, path: str, kind: str) -> None:
    status, told = get(tmp_path, port, f"/apis/{VERSION}{path}")
    assert (status, told["kind"]) == (200, kind)
    if "items" in told:
        assert len(told["items"]) == 1


def test_what_pods_are_meant_is_the_api_servers_to_tell(
    tmp_path: Path, port: int, node: Node
) -> None:
    get(tmp_path, port, f"/apis/{VERSION}/namespaces/shop/pods?labelSelector=app%3Dx&limit=5")
    assert "/api/v1/namespaces/shop/pods?labelSelector=app%3Dx" in node.asked


@pytest.mark.parametrize("path", ["/apis", f"/apis/{VERSION}/jobs", "/openapi/v3"])
def test_what_is_not_there_is_told_in_kubernetes_words(
    tmp_path: Path, port: int, path: str
) -> None:
    status, told = get(tmp_path, port, path)
    assert (status, told["kind"], told["reason"]) == (404, "Status", "NotFound")


@pytest.mark.parametrize("by", ["", "ca"])
def test_only_the_api_server_is_answered(tmp_path: Path, port: int, by: str) -> None:
    with pytest.raises(HTTPError):
        get(tmp_path, port, f"/apis/{VERSION}/nodes", by)
