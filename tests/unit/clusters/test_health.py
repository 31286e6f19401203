from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.operators.clusters import components, network, objects, use
from phaseline.operators.clusters.quantity import quantity
from phaseline.operators.clusters.use import Use
from phaseline.tools.api_server import Answer

NOW = 1_795_000_000.4


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("250m", 0.25),
        ("1.5", 1.5),
        ("64Mi", 64 * 2**20),
        ("2Gi", 2**31),
        ("3k", 3000),
        ("5M", 5e6),
        ("1e3", 1000),
        ("12E", 12e18),
        ("1500000000n", 1.5),
    ],
)
def test_quantities(text: str, number: float) -> None:
    assert quantity(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "much", "1 Gi", "Mi", "1KiB"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(CheckFailed, match="no quantity"):
        quantity(text)


GOOD = "[+]ping ok\n[+]etcd ok\nlivez check passed\n"
BAD = "[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed\n"


@pytest.mark.parametrize(
    ("status", "text", "fit", "seen"),
    [
        (200, GOOD, True, "2 checks passed"),
        (500, BAD, False, "etcd failed: reason withheld"),
        (503, "busy", False, "HTTP 503: busy"),
    ],
)
def test_what_the_api_server_says_of_itself(status: int, text: str, fit: bool, seen: str) -> None:
    found = components.checked("API server livez", Answer(status, text, ""))
    assert (found.fit, found.seen) == (fit, seen)
    assert fit or "kube-apiserver.log" in found.fix


@pytest.mark.parametrize(
    ("condition", "fit", "seen"),
    [
        ({"status": "True", "message": "ok"}, True, "ok"),
        ({"status": "False", "error": "connection refused"}, False, "connection refused"),
        ({"status": "Unknown"}, False, "Unknown"),
    ],
)
def test_what_the_api_server_says_of_a_component(
    condition: dict[str, str], fit: bool, seen: str
) -> None:
    told = {"metadata": {"name": "etcd-0"}, "conditions": [{"type": "Healthy", **condition}]}
    found = components.component(told)
    assert (found.name, found.fit, found.seen) == ("etcd-0", fit, seen)
    assert found.fix.endswith("/etcd.log")


@pytest.mark.parametrize(
    ("apart", "fit"), [(0, True), (5, True), (-5, True), (6, False), (-7, False), (90000, False)]
)
def test_clocks_that_go_apart(apart: int, fit: bool) -> None:
    answer = Answer(200, "ok", formatdate(NOW + apart, usegmt=True))
    found = components.clock("clock of n", answer, NOW)
    assert found.fit is fit
    assert f"{apart:+d} s" in found.seen


def test_a_clock_that_is_not_told() -> None:
    assert not components.clock("clock of n", Answer(502, "", ""), NOW).fit


def container(**resources: dict[str, str]) -> dict[str, Any]:
    return {"resources": resources}


def pod(name: str, *containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": spec.pop("namespace", "shop"), "uid": name},
        "spec": {"containers": list(containers), "nodeName": "n", "dnsPolicy": "ClusterFirst"}
        | spec,
        "status": {"phase": spec.pop("phase", "Running")},
    }


SMALL, LARGE = (container(requests={"cpu": cpu, "memory": "1Mi"}) for cpu in ("100m", "1"))
STAYS = {**SMALL, "restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("one", "cpu"),
    [
        (pod("plain", SMALL, SMALL), 0.2),
        (pod("prepared by a small one", SMALL, initContainers=[SMALL]), 0.1),
        (pod("prepared by a large one", SMALL, initContainers=[LARGE]), 1.0),
        (pod("with a sidecar", SMALL, initContainers=[STAYS]), 0.2),
        (pod("of a virtual machine", SMALL, overhead={"cpu": "50m"}), 0.15),
        (pod("asks for nothing", {}), 0.0),
    ],
    ids=lambda one: one["metadata"]["name"] if isinstance(one, dict) else "",
)
def test_what_a_pod_asks_for(one: dict[str, Any], cpu: float) -> None:
    assert use.asked([one], "requests")["cpu"] == pytest.approx(cpu)


NODE = {
    "metadata": {"name": "n"},
    "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "110"}},
}
SUMMARY = {
    "node": {
        "cpu": {"usageNanoCores": 500_000_000},
        "memory": {"workingSetBytes": 2**30},
        "fs": {"availableBytes": 5 * 10**9},
    },
    "pods": [
        {
            "podRef": {"namespace": "shop", "name": "a"},
            "containers": [
                {"cpu": {"usageNanoCores": 10**8}, "memory": {"workingSetBytes": 1000}},
                {"memory": {"workingSetBytes": 20}},
            ],
        },
        {
            "podRef": {"namespace": "shop", "name": "b"},
            "containers": [{"memory": {"workingSetBytes": 4}}],
        },
        {"podRef": {"namespace": "other", "name": "c"}, "containers": [{"memory": {}}]},
    ],
}


def test_use_by_node_and_by_namespace() -> None:
    done = pod("done", LARGE, phase="Succeeded")
    done["status"]["phase"] = "Succeeded"
    pods = [pod("a", SMALL), pod("b", SMALL), pod("c", LARGE, namespace="other"), done]
    (node,) = use.by_node([NODE], pods, {"n": SUMMARY})
    assert (node.pods, node.cpu, node.memory, node.disk_free) == (3, 0.5, 2**30, 5 * 10**9)
    assert node.requests["cpu"] == pytest.approx(1.2)
    assert node.allocatable == {"cpu": 2.0, "memory": 4 * 2**30}
    other, shop = use.by_namespace(pods, [SUMMARY])
    assert (shop.name, shop.pods, shop.cpu, shop.memory) == ("shop", 2, 0.1, 1024)
    assert (other.name, other.cpu, other.memory) == ("other", None, None)


def test_a_node_whose_kubelet_is_silent() -> None:
    (node,) = use.by_node([NODE], [], {})
    assert (node.cpu, node.memory, node.disk_free) == (None, None, None)
    assert list(objects.room([node])) == []


def test_a_node_that_is_full() -> None:
    one = Use(name="n", pods=1, memory=3.9e9, allocatable={"memory": 4e9}, disk_free=0.5e9)
    found = {each.name: each for each in objects.room([one])}
    assert not found["disk of n"].fit
    assert "0.5 GB free" in found["disk of n"].seen
    assert not found["memory of n"].fit
    assert all(each.fix for each in found.values())


def test_where_there_is_no_node() -> None:
    (found,) = objects.nodes([])
    assert not found.fit


def test_a_node_that_takes_no_pods() -> None:
    good = [{"type": "Ready", "status": "True"}] + [
        {"type": f"{kind}Pressure", "status": "False"} for kind in ("Memory", "Disk", "PID")
    ]
    node = {"metadata": {"name": "n"}, "status": {"conditions": good}, "spec": {}}
    assert [one.fit for one in objects.nodes([node])] == [True]
    (found,) = objects.nodes([{**node, "spec": {"unschedulable": True}}])
    assert (found.fit, found.seen) == (False, "it takes no pods")


def test_a_pod_that_no_node_takes() -> None:
    waiting = pod("big", LARGE)
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    waiting["status"] = {"conditions": [{**condition, "message": "0/1 nodes: Insufficient cpu"}]}
    found = objects.scheduling([pod("a", SMALL), waiting])
    assert not found.fit
    assert found.seen == "shop/big: 0/1 nodes: Insufficient cpu"
    assert objects.scheduling([pod("a", SMALL)]).fit


def of_class(name: str, default: str) -> dict[str, Any]:
    note = {"storageclass.kubernetes.io/is-default-class": default}
    return {"metadata": {"name": name, "annotations": note}}


@pytest.mark.parametrize(
    ("classes", "fit"),
    [
        ([of_class("a", "true"), of_class("b", "false"), {"metadata": {"name": "c"}}], True),
        ([of_class("b", "false")], False),
        ([of_class("a", "true"), of_class("b", "true")], False),
    ],
)
def test_the_default_storage_class(classes: list[Any], fit: bool) -> None:
    assert objects.storage_class(classes).fit is fit


def test_volumes_that_are_lost() -> None:
    volume = {"kind": "PersistentVolume", "metadata": {"name": "v"}, "status": {"phase": "Failed"}}
    lost = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c"},
        "status": {"phase": "Lost"},
    }
    found = objects.volumes([volume], [lost])
    assert found.seen == "PersistentVolume v is Failed, PersistentVolumeClaim c is Lost"
    well = objects.volumes([], [{**lost, "status": {"phase": "Bound"}}])
    assert (well.fit, well.seen) == (True, "1 claims are bound")


def test_which_pod_is_asked_for_names() -> None:
    pods = [pod("of the machine", hostNetwork=True), pod("own", dnsPolicy="None"), pod("plain")]
    found = network.askable(pods)
    assert found
    assert found["metadata"]["name"] == "plain"
    assert network.askable(pods[:2]) is None
