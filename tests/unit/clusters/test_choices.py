from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from phaseline.core.errors import HostUnfit, InvalidConfiguration
from phaseline.operators.clusters import choice, ranges
from phaseline.operators.clusters.model import ClusterState
from phaseline.operators.clusters.objects import node_faults

STATE = ClusterState(
    provider="embedded",
    chosen_because="of a test",
    name="shop-a1b2c3",
    kubernetes="v1.36.3",
    link="172.31.4.8/30",
    pod_range="10.244.0.0/16",
    service_range="10.96.0.0/16",
)


@pytest.mark.parametrize(
    ("wanted", "taken", "found"),
    [
        ("10.0.0.0/8", [], ""),
        ("10.96.0.0/16", [("10.97.0.0/16", "eth1")], ""),
        ("10.96.0.0/16", [("10.96.7.0/24", "eth1")], "10.96.7.0/24 (eth1)"),
        ("10.96.7.0/24", [("192.168.0.0/24", "a"), ("10.0.0.0/8", "b")], "10.0.0.0/8 (b)"),
        ("10.96.7.0/24", [("10.96.7.9", "a host")], "10.96.7.9 (a host)"),
        ("10.96.7.0/24", [("10.96.7.9/16", "bits set")], "10.96.7.9/16 (bits set)"),
    ],
)
def test_which_range_is_taken(wanted: str, taken: list[tuple[str, str]], found: str) -> None:
    assert ranges.clash(wanted, taken) == found


def test_a_cluster_keeps_its_link_and_two_seldom_want_the_same() -> None:
    first = ranges.pick_link("172.31.0.0/16", "shop-1", [])
    assert first == ranges.pick_link("172.31.0.0/16", "shop-1", [])
    links = {ranges.pick_link("172.31.0.0/16", f"shop-{number}", []) for number in range(20)}
    assert len(links) >= 19
    for link in links:
        assert ipaddress.IPv4Network(link).subnet_of(ipaddress.IPv4Network("172.31.0.0/16"))
        assert link.endswith("/30")


def test_what_is_taken_is_gone_around_until_all_is() -> None:
    taken: list[tuple[str, str]] = []
    for _ in range(4):
        taken.append((ranges.pick_link("192.168.9.0/28", "shop", taken), "another cluster"))
    assert sorted(link for link, _ in taken) == [f"192.168.9.{n}/30" for n in (0, 12, 4, 8)]
    with pytest.raises(HostUnfit, match=r"cluster\.link_range 192\.168\.9\.0/28") as caught:
        ranges.pick_link("192.168.9.0/28", "shop", taken)
    assert "another cluster" in caught.value.why


def choose(named: str, *, root: bool = True, minikube: str = "") -> choice.Choice:
    return choice.choose(named, "pipeline.yaml", root=root, minikube=lambda: minikube)


@pytest.mark.parametrize(
    ("named", "root", "kind", "said"),
    [
        ("auto", True, "embedded", "the user is root"),
        ("embedded", True, "embedded", "pipeline.yaml names it"),
        ("minikube", True, "minikube", "pipeline.yaml names it"),
        ("minikube", False, "minikube", "pipeline.yaml names it"),
        ("auto", False, "minikube", "its driver works"),
        ("context:kind-shop", True, "context", "pipeline.yaml names it"),
        ("context", False, "context", "pipeline.yaml names it"),
    ],
)
def test_which_provider_is_taken_and_why(named: str, root: bool, kind: str, said: str) -> None:
    chosen = choose(named, root=root)
    assert chosen.kind == kind
    assert said in chosen.reason
    assert chosen.context == ("kind-shop" if named.endswith("kind-shop") else "")


@pytest.mark.parametrize(
    ("named", "minikube", "said"),
    [
        ("embedded", "", "it must be root"),
        ("auto", "it is not installed", "minikube: it is not installed"),
    ],
)
def test_where_nothing_can_be_started_the_way_out_is_named(
    named: str, minikube: str, said: str
) -> None:
    with pytest.raises(HostUnfit) as caught:
        choose(named, root=False, minikube=minikube)
    assert said in str(caught.value)
    assert "root" in caught.value.fix


OF_CONTEXT = replace(STATE, provider="context", name="kind-shop")


@pytest.mark.parametrize(
    ("named", "state", "refused"),
    [
        ("auto", STATE, False),
        ("embedded", STATE, False),
        ("minikube", STATE, True),
        ("context:kind-shop", STATE, True),
        ("auto", OF_CONTEXT, False),
        ("context", OF_CONTEXT, False),
        ("context:kind-shop", OF_CONTEXT, False),
        ("context:another", OF_CONTEXT, True),
        ("embedded", OF_CONTEXT, True),
    ],
)
def test_a_cluster_is_not_exchanged_for_another(
    named: str, state: ClusterState, refused: bool
) -> None:
    if not refused:
        choice.require_same(named, state)
        return
    with pytest.raises(InvalidConfiguration, match="is asked for") as caught:
        choice.require_same(named, state)
    made = "context:kind-shop" if state is OF_CONTEXT else "embedded"
    assert f"--cluster {made}" in caught.value.fix


def test_the_addresses_of_a_cluster() -> None:
    assert STATE.host_address == "172.31.4.9"
    assert STATE.node_address == "172.31.4.10"
    assert STATE.dns_address == "10.96.0.10"


@pytest.mark.parametrize(
    ("pod_range", "node_pods"),
    [
        ("10.244.0.0/16", "10.244.0.0/24"),
        ("10.244.8.0/24", "10.244.8.0/24"),
        ("10.244.8.0/26", "10.244.8.0/26"),
    ],
)
def test_the_pods_of_the_one_node(pod_range: str, node_pods: str) -> None:
    assert replace(STATE, pod_range=pod_range).node_pods == node_pods


WELL = {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False"} | {
    "PIDPressure": "False"
}


def node(conditions: dict[str, str]) -> dict[str, Any]:
    listed = [{"type": t, "status": s, "message": f"{t} told"} for t, s in conditions.items()]
    return {"metadata": {"name": "n"}, "status": {"conditions": listed}}


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, []),
        ({"Ready": "False"}, ["Ready is False: Ready told"]),
        ({"Ready": "Unknown"}, ["Ready is Unknown: Ready told"]),
        ({"DiskPressure": "True"}, ["DiskPressure is True: DiskPressure told"]),
    ],
)
def test_what_is_wrong_with_a_node(change: dict[str, str], faults: list[str]) -> None:
    assert node_faults(node(WELL | change)) == faults


def test_a_node_that_says_nothing_is_not_well() -> None:
    silent = {"metadata": {"name": "n"}, "status": {}}
    assert node_faults(silent) == [
        f"{kind} is not known"
        for kind in ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
    ]


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("todo-app-0a1b2c", "todo-app-0a1b2c"),
        ("kubernetes-admin@todo-app", "kubernetes-admin-todo-app"),
        ("arn:aws:eks:eu-1:42:cluster/Shop_1", "arn-aws-eks-eu-1-42-cluster-shop-1"),
    ],
)
def test_a_context_of_any_name_is_a_resource(name: str, resource: str) -> None:
    assert replace(STATE, name=name).resource_name == resource
