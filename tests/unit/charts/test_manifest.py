"""Reading a rendered manifest."""

from __future__ import annotations

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.operators.charts.finding import Finding, refuse, table
from phaseline.operators.charts.manifest import parse, title, workloads


def test_empty_documents_and_lists() -> None:
    text = """
---
# only a comment
---
{kind: Service, metadata: {name: a}}
---
kind: List
items:
  - {kind: Secret, metadata: {name: b}}
"""
    assert [title(one) for one in parse(text)] == ["Service/a", "Secret/b"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML"),
        ("just text", "no Kubernetes object"),
        ("{apiVersion: v1}", "no Kubernetes object"),
        ("{kind: Service}", r"a Service without metadata\.name"),
    ],
)
def test_what_is_no_manifest(text: str, words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        parse(text)


@pytest.mark.parametrize(
    ("kind", "spec", "serves"),
    [
        ("Deployment", "{template: {spec: {containers: [{name: x}]}}}", True),
        ("StatefulSet", "{template: {spec: {containers: [{name: x}]}}}", True),
        ("DaemonSet", "{template: {spec: {containers: [{name: x}]}}}", True),
        ("Job", "{template: {spec: {containers: [{name: x}]}}}", False),
        ("CronJob", "{jobTemplate: {spec: {template: {spec: {containers: [{name: x}]}}}}}", False),
        ("Pod", "{containers: [{name: x}]}", False),
    ],
)
def test_where_the_pod_is(kind: str, spec: str, serves: bool) -> None:
    (one,) = workloads(parse(f"{{kind: {kind}, metadata: {{name: w}}, spec: {spec}}}"))
    assert [container["name"] for container in one.containers] == ["x"]
    assert (str(one), one.serves) == (f"{kind}/w", serves)


def test_findings_as_a_table() -> None:
    first = Finding("Service/web", "no pods", "align the labels")
    second = Finding("Deployment/api", "may run as root", "set runAsNonRoot")
    assert table([first, second, first]).splitlines() == [
        "  object          fault            fix",
        "  Deployment/api  may run as root  set runAsNonRoot",
        "  Service/web     no pods          align the labels",
    ]
    refuse([], "fine")
    with pytest.raises(CheckFailed, match=r"^the chart: 2 faults"):
        refuse([first, second], "the chart")
