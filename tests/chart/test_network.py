"""Who may talk to whom: the network policies together, as Kubernetes adds them up.

They are judged as rendered. The embedded cluster does not enforce them.
"""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.manifest import Object, of_kind
from phaseline.operators.charts.selection import matches
from tests.chart.conftest import Rendered

OUTSIDE: dict[str, str] = {}
PORTS = {"frontend": 8080, "backend": 8000, "database": 5432}


def labels(component: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "todo-app",
        "app.kubernetes.io/instance": "todo-app",
        "app.kubernetes.io/component": component,
    }


def admits(
    policies: list[Object], side: str, pod: dict[str, str], peer: dict[str, str], port: int
) -> bool:
    """Whether the policies of `pod` let it be reached from `peer` (Ingress) or reach it."""
    own = [p["spec"] for p in policies if matches(p["spec"]["podSelector"], pod)]
    own = [spec for spec in own if side in spec["policyTypes"]]
    rules = [rule for spec in own for rule in spec.get(side.lower()) or ()]
    return not own or any(_admits(rule, side, peer, port) for rule in rules)


def _admits(rule: Any, side: str, peer: dict[str, str], port: int) -> bool:
    peers = rule.get("from" if side == "Ingress" else "to")
    named = any("podSelector" in one and matches(one["podSelector"], peer) for one in peers or ())
    return (peers is None or named) and port in [one["port"] for one in rule["ports"]]


def may(objects: dict[str, Object], source: str, target: str) -> bool:
    policies = list(of_kind(tuple(objects.values()), "NetworkPolicy").values())
    pod, peer, port = labels(source), labels(target), PORTS[target]
    out = source == "outside" or admits(policies, "Egress", pod, peer, port)
    return out and admits(policies, "Ingress", peer, OUTSIDE if source == "outside" else pod, port)


FLOWS = {
    ("outside", "frontend"),
    ("frontend", "backend"),
    ("backend", "database"),
    ("migration", "database"),
    ("test", "frontend"),
    ("test", "backend"),
}


@pytest.mark.parametrize("target", PORTS)
@pytest.mark.parametrize(
    "source", ["outside", "frontend", "backend", "migration", "database", "test"]
)
def test_only_the_flows_that_are_needed(objects: Rendered, source: str, target: str) -> None:
    assert may(objects(), source, target) is ((source, target) in FLOWS)


@pytest.mark.parametrize(("component", "expected"), [("backend", True), ("database", False)])
def test_who_asks_for_names(objects: Rendered, component: str, expected: bool) -> None:
    policies = list(of_kind(tuple(objects().values()), "NetworkPolicy").values())
    assert admits(policies, "Egress", labels(component), OUTSIDE, 53) is expected


def test_a_pod_that_no_policy_names_is_shut(objects: Rendered) -> None:
    assert not may(objects(), "anything-else", "backend")
    policies = list(of_kind(tuple(objects().values()), "NetworkPolicy").values())
    assert not admits(policies, "Ingress", labels("anything-else"), OUTSIDE, 80)


def test_a_database_elsewhere_is_reached_at_its_port_and_networks(objects: Rendered) -> None:
    egress = objects("external-database")["NetworkPolicy/todo-app-backend"]["spec"]["egress"]
    assert egress[-1] == {
        "ports": [{"port": 6432, "protocol": "TCP"}],
        "to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}],
    }
    anywhere = objects({"externalDatabase": {"existingSecret": "x"}})
    rules = anywhere["NetworkPolicy/todo-app-backend"]["spec"]["egress"]
    assert rules[-1] == {"ports": [{"port": 5432, "protocol": "TCP"}]}
    assert "NetworkPolicy/todo-app-database" not in anywhere


def test_prometheus_is_let_in_where_it_is_asked_to_come(objects: Rendered) -> None:
    def named(rendered: dict[str, Object]) -> list[Any]:
        (rule,) = rendered["NetworkPolicy/todo-app-backend"]["spec"]["ingress"]
        return [one["namespaceSelector"] for one in rule["from"] if "namespaceSelector" in one]

    assert named(objects()) == []
    wanted = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert named(objects("add-ons")) == [wanted]


def test_a_migration_in_the_pods_needs_no_flow_of_its_own(objects: Rendered) -> None:
    rendered = objects({"backend": {"migration": "init"}})
    assert not may(rendered, "migration", "database")
    assert may(rendered, "backend", "database")
    assert "NetworkPolicy/todo-app-migration" not in rendered


def test_without_policies(objects: Rendered) -> None:
    rendered = objects({"networkPolicies": {"enabled": False}})
    assert not any(title.startswith("NetworkPolicy/") for title in rendered)
