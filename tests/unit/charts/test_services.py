"""T016: Services that lead nowhere, addresses that name nothing."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.core.settings import Address
from phaseline.operators.charts.services import judge_addresses, judge_services
from tests.unit.charts.sample import DEPLOYMENT, SERVICE, spoilt


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("spec.selector.app", "apy", "no workload has the labels app=apy"),
        ("spec.selector.zone", "a", "no workload has the labels app=api, zone=a"),
        ("spec.ports.0.targetPort", "https", "Deployment/api opens no port https"),
        ("spec.ports.0.targetPort", 8001, "Deployment/api opens no port 8001"),
        ("spec.ports.0.targetPort", None, "Deployment/api opens no port 80"),
    ],
)
def test_one_thing_wrong(path: str, value: Any, problem: str) -> None:
    (finding,) = judge_services((DEPLOYMENT, spoilt(SERVICE, path, value)))
    assert (finding.subject, finding.problem) == ("Service/web", problem)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.clusterIP", "None"),
        ("spec.ports.0.targetPort", 8000),
        ("spec.selector", None),
        ("spec.type", "ExternalName"),
        ("spec.selector.tier", "back"),
    ],
)
def test_what_is_right(path: str, value: Any) -> None:
    assert judge_services((DEPLOYMENT, spoilt(SERVICE, path, value))) == []


def test_a_job_among_the_pods() -> None:
    job = {**DEPLOYMENT, "kind": "Job", "metadata": {"name": "once"}}
    (finding,) = judge_services((DEPLOYMENT, job, SERVICE))
    assert finding.problem == "its selector takes in Job/once"


def test_a_test_pod_among_the_pods() -> None:
    template = DEPLOYMENT["spec"]["template"]
    metadata = {"name": "asks", "annotations": {"helm.sh/hook": "test"}, **template["metadata"]}
    pod = {"kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    (finding,) = judge_services((DEPLOYMENT, pod, SERVICE))
    assert finding.problem == "its selector takes in Pod/asks"


@pytest.mark.parametrize(
    ("service", "port", "expected"),
    [
        ("web", "http", None),
        ("wob", "http", ("addresses[0].service", "there is no Service wob", "name one of: web")),
        ("web", "htpp", ("addresses[0].port", "Service web has no port htpp", "name one of: http")),
    ],
)
def test_addresses(service: str, port: str, expected: tuple[str, str, str] | None) -> None:
    address = Address(name="page", service=service, port=port)
    found = judge_addresses((DEPLOYMENT, SERVICE), [address])
    wanted = [("pipeline.yaml: " + expected[0], *expected[1:])] if expected else []
    assert [(f.subject, f.problem, f.fix) for f in found] == wanted
