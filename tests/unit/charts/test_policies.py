"""T016: network policies that select nobody, or ports that are not there."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.policies import judge_policies
from tests.unit.charts.sample import DEPLOYMENT, spoilt


def api() -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app": "api"}}}


POLICY: dict[str, Any] = {
    "kind": "NetworkPolicy",
    "metadata": {"name": "api"},
    "spec": {
        **api(),
        "ingress": [{"from": [api()], "ports": [{"port": "http"}]}, {}],
        "egress": [{"ports": [{"port": 53}]}, {"to": [api()], "ports": [{"port": 8000}]}],
    },
}


def judged(policy: dict[str, Any]) -> list[str]:
    return [finding.problem for finding in judge_policies((DEPLOYMENT, policy))]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("podSelector", {}),
        ("ingress", None),
        ("ingress.0.from.0", {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}),
        ("ingress.0.from.0", {"ipBlock": {"cidr": "10.0.0.0/8"}}),
        ("ingress.0.ports.0", {"port": 9000, "endPort": 9100}),
        ("ingress.0.ports.0", {"protocol": "TCP"}),
        ("egress.1.to.0", {"ipBlock": {"cidr": "10.0.0.0/8"}}),
    ],
)
def test_what_is_right(path: str, value: Any) -> None:
    assert judged(POLICY) == []
    assert judged(spoilt(POLICY, f"spec.{path}", value)) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("podSelector.matchLabels.app", "apy", "no workload has the labels app=apy"),
        (
            "ingress.0.from.0.podSelector",
            {"matchLabels": {"a": "b"}},
            "no workload has the labels a=b",
        ),
        (
            "egress.1.to.0.podSelector",
            {"matchLabels": {"a": "b"}},
            "no workload has the labels a=b",
        ),
        ("ingress.0.ports.0.port", "htpp", "Deployment/api: no port htpp is open"),
        ("egress.1.ports.0.port", 8001, "Deployment/api: no port 8001 is open"),
    ],
)
def test_one_thing_wrong(path: str, value: Any, problem: str) -> None:
    assert judged(spoilt(POLICY, f"spec.{path}", value)) == [problem]
