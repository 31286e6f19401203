"""T016: ways in that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.routes import judge_routes
from tests.unit.charts.sample import SERVICE, spoilt

LABELLED = spoilt(SERVICE, "metadata.labels", {"app": "web"})
INGRESS: dict[str, Any] = {
    "kind": "Ingress",
    "metadata": {"name": "in"},
    "spec": {
        "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
        "rules": [
            {
                "http": {
                    "paths": [{"backend": {"service": {"name": "web", "port": {"name": "http"}}}}]
                }
            },
            {"host": "any"},
        ],
    },
}
ROUTE: dict[str, Any] = {
    "kind": "HTTPRoute",
    "metadata": {"name": "in"},
    "spec": {"rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
}
MONITOR: dict[str, Any] = {
    "kind": "ServiceMonitor",
    "metadata": {"name": "in"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "endpoints": [{"port": "http"}]},
}
BACKEND = "rules.0.http.paths.0.backend"


def judged(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(f.subject, f.problem, f.fix) for f in judge_routes((LABELLED, one))]


@pytest.mark.parametrize(
    ("one", "path", "value"),
    [
        (INGRESS, "defaultBackend", None),
        (INGRESS, BACKEND, {"resource": {"kind": "Bucket", "name": "x"}}),
        (ROUTE, "rules.0.backendRefs.0", {"name": "x", "kind": "Bucket"}),
        (ROUTE, "rules.0.backendRefs.0.namespace", "other"),
        (MONITOR, "namespaceSelector", {"any": True}),
        (MONITOR, "endpoints.0", {"targetPort": 8000}),
    ],
)
def test_what_is_right(one: dict[str, Any], path: str, value: Any) -> None:
    assert judged(one) == []
    assert judged(spoilt(one, f"spec.{path}", value)) == []


@pytest.mark.parametrize(
    ("one", "path", "value", "problem", "fix"),
    [
        (INGRESS, f"{BACKEND}.service.name", "x", "there is no Service x", "name one of: web"),
        (
            INGRESS,
            f"{BACKEND}.service.port.name",
            "https",
            "Service web has no port https",
            "name one of: http, 80",
        ),
        (
            INGRESS,
            "defaultBackend.service.port.number",
            81,
            "Service web has no port 81",
            "name one of: http, 80",
        ),
        (ROUTE, "rules.0.backendRefs.0.name", "x", "there is no Service x", "name one of: web"),
        (
            ROUTE,
            "rules.0.backendRefs.0.port",
            81,
            "Service web has no port 81",
            "name one of: http, 80",
        ),
        (
            MONITOR,
            "selector.matchLabels.app",
            "x",
            "no Service has the labels app=x",
            "align selector and labels",
        ),
        (
            MONITOR,
            "endpoints.0.port",
            "x",
            "no chosen Service has a port x",
            "name one of: 80, http",
        ),
    ],
)
def test_one_thing_wrong(
    one: dict[str, Any], path: str, value: Any, problem: str, fix: str
) -> None:
    title = f"{one['kind']}/in"
    assert judged(spoilt(one, f"spec.{path}", value)) == [(title, problem, fix)]
