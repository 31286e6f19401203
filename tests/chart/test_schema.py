"""Values that the chart refuses, with the place named, and values at the edge that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from phaseline.process.command import Completed

Template = Callable[..., Completed]


def at(path: str, value: Any) -> dict[str, Any]:
    """Values with `value` at a dotted path."""
    tree = value
    for part in reversed(path.split(".")):
        tree = {part: tree}
    assert isinstance(tree, dict)
    return tree


PLACES = [
    *("", "backend", "backend.image", "backend.resources", "backend.resources.limits"),
    *("backend.resources.requests", "frontend", "frontend.image", "frontend.service"),
    *("backend.autoscaling", "frontend.autoscaling"),
    *("database", "database.image", "database.storage", "externalDatabase", "networkPolicies"),
    *("ingress", "httpRoute", "httpRoute.gateway", "serviceMonitor", "tests"),
]


@pytest.mark.parametrize("place", PLACES)
def test_unknown_values(template: Template, place: str) -> None:
    path = f"{place}.misspelt".lstrip(".")
    completed = template(at(path, 1))
    assert completed.code != 0
    pointer = "/" + place.replace(".", "/") if place else ""
    assert f"at '{pointer}'" in completed.stderr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("backend", []),
        ("backend.image.repository", ""),
        ("backend.image.repository", "Upper/case"),
        ("backend.image.tag", ""),
        ("backend.image.tag", 1.2),
        ("backend.image.tag", "with space"),
        ("backend.replicas", -1),
        ("backend.replicas", "2"),
        ("backend.user", 0),
        ("backend.logLevel", "loud"),
        ("backend.migrationWait", 0),
        ("backend.resources.limits.memory", "lots"),
        ("frontend.service.type", "ExternalName"),
        ("frontend.service.port", 65536),
        ("frontend.service.nodePort", 80),
        ("database.name", "todo; DROP"),
        ("database.username", "Todo"),
        ("database.existingSecret", "Not_A_Name"),
        ("database.storage.size", "1 GB"),
        ("backend.existingConfigMap", "Not_A_Name"),
        ("backend.migration", "hook"),
        ("backend.autoscaling.enabled", "yes"),
        ("backend.autoscaling.cpuPercent", 0),
        ("backend.resources.limits.ephemeral-storage", 5),
        ("externalDatabase.port", "5432"),
        ("externalDatabase.networks", "10.1.0.0/16"),
        ("externalDatabase.networks", ["10.1.0.0"]),
        ("networkPolicies.enabled", "false"),
        ("ingress.host", "https://todo.example.org"),
        ("ingress.annotations.size", 1),
        ("httpRoute.hosts", ["*"]),
        ("serviceMonitor.interval", 30),
        ("serviceMonitor.namespace", ""),
        ("tests.failing", 1),
    ],
)
def test_wrong_values(template: Template, path: str, value: Any) -> None:
    completed = template(at(path, value))
    assert completed.code != 0
    assert "don't meet the specifications of the schema" in completed.stderr
    assert f"at '/{path.replace('.', '/')}" in completed.stderr


@pytest.mark.parametrize(
    ("path", "parent"),
    [
        ("database.storage.className", "/database/storage"),
        ("frontend.image", "/frontend"),
        ("database.resources.limits.memory", "/database/resources/limits"),
        ("tests", ""),
    ],
)
def test_missing_values(template: Template, path: str, parent: str) -> None:
    completed = template(at(path, None))
    assert completed.code != 0
    assert f"at '{parent}': missing propert" in completed.stderr
    assert f"'{path.rpartition('.')[2]}'" in completed.stderr


def test_a_route_needs_a_gateway(template: Template) -> None:
    completed = template({"httpRoute": {"enabled": True}})
    assert completed.code != 0
    assert "at '/httpRoute/gateway/name'" in completed.stderr


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"autoscaling": {"minReplicas": 5}},
            "frontend.autoscaling.minReplicas is above maxReplicas",
        ),
        (
            {"resources": {"requests": {"cpu": None}}},
            "frontend.autoscaling needs frontend.resources.requests.cpu",
        ),
    ],
)
def test_an_autoscaler_that_cannot_work(
    template: Template, values: dict[str, Any], words: str
) -> None:
    assert template({"frontend": values}).code == 0
    scaling = {"enabled": True, **values.get("autoscaling", {})}
    completed = template({"frontend": {**values, "autoscaling": scaling}})
    assert completed.code != 0
    assert words in completed.stderr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("backend.replicas", 0),
        ("backend.image.tag", "1.2@sha256:" + "a" * 64),
        ("frontend.service.nodePort", 30080),
        ("database.existingSecret", "my.own-secret"),
        ("externalDatabase.networks", ["fd00::/8"]),
        ("ingress.host", "*.example.org"),
        ("global", {"anything": "of a parent chart"}),
    ],
)
def test_values_at_the_edge(template: Template, path: str, value: Any) -> None:
    completed = template(at(path, value))
    assert completed.code == 0, completed.stderr
