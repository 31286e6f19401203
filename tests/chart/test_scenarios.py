"""What holds of the chart whatever its values: each scenario of `ci/` is linted and judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from phaseline.core.settings import Address
from phaseline.operators.charts.availability import judge_availability
from phaseline.operators.charts.configuration import judge_configuration, strings
from phaseline.operators.charts.manifest import Object, Workload, workloads
from phaseline.operators.charts.policies import judge_policies
from phaseline.operators.charts.routes import judge_routes
from phaseline.operators.charts.services import judge_addresses, judge_services
from phaseline.operators.charts.workloads import judge_workloads
from phaseline.process.run import attempt
from phaseline.tools.helm import Helm
from tests.chart.conftest import CHART, SCENARIOS, Rendered, Template

VERSION = "0.2.0"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
LABELS = {
    "app.kubernetes.io/name": "todo-app",
    "app.kubernetes.io/instance": "todo-app",
    "app.kubernetes.io/part-of": "todo-app",
    "app.kubernetes.io/version": "0.1.0",
    "app.kubernetes.io/managed-by": "Helm",
    "helm.sh/chart": f"todo-app-{VERSION}",
}

pytestmark = pytest.mark.parametrize("scenario", SCENARIOS)


def values_of(scenario: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(SCENARIOS[scenario].read_text())
    return values


def running(rendered: dict[str, Object]) -> tuple[Workload, ...]:
    return workloads(tuple(rendered.values()))


def containers(rendered: dict[str, Object]) -> Iterator[tuple[Workload, Object]]:
    for workload in running(rendered):
        for container in workload.every_container:
            yield workload, container


def test_helm_lints_it_strictly(helm: Helm, scenario: str) -> None:
    completed = attempt(helm.lint(CHART, SCENARIOS[scenario], kubernetes="1.36.3"))
    assert completed.code == 0, completed.stdout + completed.stderr


def test_two_renderings_are_the_same(template: Template, scenario: str) -> None:
    values = values_of(scenario)
    assert template(values).stdout == template(values).stdout


def test_the_pipelines_own_checks_find_nothing(objects: Rendered, scenario: str) -> None:
    rendered = tuple(objects(scenario).values())
    with_database = any(one["kind"] == "StatefulSet" for one in rendered)
    parts = ("backend", "frontend", *(("database",) if with_database else ()))
    images = {name: f"localhost/todo-app/{name}:dev" for name in parts}
    page = Address(name="page", service="todo-app-frontend", port="http")
    assert judge_workloads(rendered, images) == []
    assert judge_availability(rendered) == []
    assert judge_services(rendered) == []
    assert judge_addresses(rendered, [page]) == []
    assert judge_routes(rendered) == []
    assert judge_policies(rendered) == []
    assert judge_configuration(rendered, frozenset(strings(values_of(scenario)))) == []


def test_recommended_labels(objects: Rendered, scenario: str) -> None:
    for title, one in objects(scenario).items():
        labels = one["metadata"]["labels"]
        assert LABELS.items() <= labels.items(), title
        assert labels["app.kubernetes.io/component"], title
        assert one["metadata"]["namespace"] == "todo", title


def test_no_pod_has_a_token(objects: Rendered, scenario: str) -> None:
    rendered = objects(scenario)
    for workload in running(rendered):
        assert workload.pod["automountServiceAccountToken"] is False, workload
        account = rendered[f"ServiceAccount/{workload.pod['serviceAccountName']}"]
        assert account["automountServiceAccountToken"] is False


def test_the_pods_context(objects: Rendered, scenario: str) -> None:
    for workload in running(objects(scenario)):
        assert workload.pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        }, workload
        assert 0 < workload.pod["terminationGracePeriodSeconds"] <= 30, workload
        assert workload.pod["enableServiceLinks"] is False, workload


def test_each_containers_context(objects: Rendered, scenario: str) -> None:
    for workload, container in containers(objects(scenario)):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, workload
        assert container["imagePullPolicy"] == "IfNotPresent", workload


def test_volumes_are_bounded_and_not_the_nodes(objects: Rendered, scenario: str) -> None:
    for workload in running(objects(scenario)):
        for volume in workload.pod.get("volumes") or ():
            assert not {"hostPath", "nfs"} & set(volume), workload
            assert volume.get("emptyDir", {"sizeLimit": 1})["sizeLimit"], workload


def test_resources_are_asked_for_and_bounded(objects: Rendered, scenario: str) -> None:
    for workload, container in containers(objects(scenario)):
        resources = container["resources"]
        assert set(resources["requests"]) == {"cpu", "memory", "ephemeral-storage"}, workload
        assert set(resources["limits"]) == {"memory", "ephemeral-storage"}, workload


def test_probes_differ(objects: Rendered, scenario: str) -> None:
    asked = ("startupProbe", "readinessProbe", "livenessProbe")
    for workload in running(objects(scenario)):
        for container in workload.containers if workload.serves else ():
            startup, readiness, liveness = (container[name] for name in asked)
            assert readiness.get("httpGet") != liveness.get("httpGet") or "exec" in readiness
            assert readiness.get("exec") != liveness.get("exec") or "httpGet" in readiness
            assert startup["periodSeconds"] == 1, "a start is noticed at once"
            patience = [p["periodSeconds"] * p["failureThreshold"] for p in (readiness, liveness)]
            assert patience[0] < patience[1], f"{workload}: out of the Service before restarted"


def test_what_cannot_be_changed_names_nothing_that_changes(
    objects: Rendered, scenario: str
) -> None:
    for one in objects(scenario).values():
        if one["kind"] in ("Deployment", "StatefulSet"):
            selector = one["spec"]["selector"]["matchLabels"]
            fixed = [selector, one["spec"]["template"]["metadata"]["labels"]]
            claims = one["spec"].get("volumeClaimTemplates", [])
            fixed += [claim["metadata"]["labels"] for claim in claims]
            assert all(labels == selector for labels in fixed)
            assert not any("chart" in key or "version" in key for key in selector)
