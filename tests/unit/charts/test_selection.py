"""Label selectors."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.selection import matches, told

LABELS = {"app": "shop", "tier": "back"}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"matchLabels": {"app": "shop"}}, True),
        ({"matchLabels": {"app": "shop", "tier": "front"}}, False),
        ({"matchLabels": {"zone": "a"}}, False),
        (expression("tier", "In", "back", "front"), True),
        (expression("tier", "In", "front"), False),
        (expression("zone", "In", "a"), False),
        (expression("tier", "NotIn", "back"), False),
        (expression("zone", "NotIn", "a"), True),
        (expression("app", "Exists"), True),
        (expression("zone", "Exists"), False),
        (expression("app", "DoesNotExist"), False),
        (expression("zone", "DoesNotExist"), True),
        ({"matchLabels": {"app": "shop"}, **expression("tier", "In", "front")}, False),
    ],
)
def test_what_a_selector_takes_in(selector: dict[str, Any], expected: bool) -> None:
    assert matches(selector, LABELS) is expected


def test_a_selector_in_words() -> None:
    assert told({}) == told(None) == "all pods"
    both = {"matchLabels": {"app": "shop"}, **expression("tier", "In", "a", "b")}
    assert told(both) == "app=shop, tier in (a, b)"
    assert told(expression("tier", "Exists")) == "tier exists"
