"""T015: budgets and autoscalers that keep nothing, or too much."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.availability import judge_availability
from tests.unit.charts.sample import DEPLOYMENT, spoilt

BUDGET: dict[str, Any] = {
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "api"},
    "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "api"}}},
}
SCALER: dict[str, Any] = {
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "api"},
    "spec": {
        "scaleTargetRef": {"kind": "Deployment", "name": "api"},
        "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}},
            {"type": "Pods", "pods": {}},
        ],
    },
}
PAIR = spoilt(DEPLOYMENT, "spec.replicas", 2)


def judged(*objects: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f.subject, f.problem) for f in judge_availability(objects)]


def test_nothing_wrong() -> None:
    assert judged(DEPLOYMENT, BUDGET, SCALER) == []
    least = {**BUDGET, "spec": {"minAvailable": 1, "selector": BUDGET["spec"]["selector"]}}
    assert judged(PAIR, least) == []


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("selector.matchLabels.app", "apy", "no workload has the labels app=apy"),
        ("maxUnavailable", 0, "no pod may ever be sent away"),
        ("minAvailable", "100%", "no pod may ever be sent away"),
        ("minAvailable", 2, "none of the 2 of Deployment/api may ever be sent away"),
    ],
)
def test_budgets(field: str, value: Any, problem: str) -> None:
    budget = spoilt(BUDGET, f"spec.{field}", value)
    assert judged(PAIR, budget) == [("PodDisruptionBudget/api", problem)]


def test_a_budget_does_not_keep_a_job() -> None:
    job = {**DEPLOYMENT, "kind": "Job"}
    assert judged(job, BUDGET) == [
        ("PodDisruptionBudget/api", "no workload has the labels app=api")
    ]


@pytest.mark.parametrize(
    ("deployment", "name", "problem"),
    [
        (DEPLOYMENT, "apy", "there is no Deployment/apy to scale"),
        (PAIR, "api", "Deployment/api has a number of replicas, to which each upgrade goes back"),
        (
            spoilt(DEPLOYMENT, "spec.template.spec.containers.0.resources.requests.cpu", None),
            "api",
            "Deployment/api: api requests no cpu to compare with",
        ),
    ],
)
def test_autoscalers(deployment: dict[str, Any], name: str, problem: str) -> None:
    scaler = spoilt(SCALER, "spec.scaleTargetRef.name", name)
    assert judged(deployment, scaler) == [("HorizontalPodAutoscaler/api", problem)]
