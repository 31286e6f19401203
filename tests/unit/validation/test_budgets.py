from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from phaseline.core.settings import Pipeline
from tests.deployment.workspace import CHECKOUT


def settings(**budgets: Any) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / "pipeline.yaml").read_text())
    return {**content, "budgets": budgets}


@pytest.mark.parametrize(
    ("budgets", "told"),
    [
        ({"address": "nowhere"}, "budgets: the unknown address 'nowhere'"),
        ({"pods": {"cache": {"memory_mb": 10}}}, "budgets: pods: there is no component 'cache'"),
        ({"latency_ms": {"p90": 1}}, "budgets.latency_ms.p90"),
        ({"clients": 0}, "budgets.clients"),
        ({"pods": {"backend": {"memory_mb": 0}}}, "budgets.pods.backend.memory_mb"),
    ],
)
def test_a_wrong_budget_is_named(budgets: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Pipeline.model_validate(settings(**budgets))
    assert told in str(caught.value)


def test_without_budgets_there_are_defaults() -> None:
    found = Pipeline.model_validate(settings()).budgets
    assert (found.address, found.pods, found.latency_ms.p95) == ("", {}, 500.0)
