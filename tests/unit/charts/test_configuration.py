"""T017: references without an object, secrets in the open."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.configuration import judge_configuration, strings
from tests.unit.charts.sample import DEPLOYMENT, SECRET, SETTINGS, spoilt

POD = "spec.template.spec"
ONE = f"{POD}.containers.0"


def judged(deployment: dict[str, Any], *, named: frozenset[str] = frozenset()) -> list[str]:
    return [f.problem for f in judge_configuration((deployment, SETTINGS, SECRET), named)]


def variable(kind: str, **reference: Any) -> list[dict[str, Any]]:
    return [{"name": "X", "valueFrom": {f"{kind}KeyRef": reference}}]


def volume(**source: Any) -> list[dict[str, Any]]:
    return [{"name": "v", **source}]


@pytest.mark.parametrize(
    ("path", "value", "missing"),
    [
        (f"{ONE}.envFrom", [{"configMapRef": {"name": "x"}}], "ConfigMap x"),
        (f"{ONE}.envFrom", [{"secretRef": {"name": "x"}}], "Secret x"),
        (f"{ONE}.env", variable("configMap", name="x", key="k"), "ConfigMap x"),
        (f"{ONE}.env", variable("secret", name="x", key="k"), "Secret x"),
        (f"{POD}.volumes", volume(configMap={"name": "x"}), "ConfigMap x"),
        (f"{POD}.volumes", volume(secret={"secretName": "x"}), "Secret x"),
        (f"{POD}.volumes", volume(projected={"sources": [{"secret": {"name": "x"}}]}), "Secret x"),
        (f"{POD}.imagePullSecrets", [{"name": "x"}], "Secret x"),
        (f"{POD}.initContainers", [{"envFrom": [{"secretRef": {"name": "x"}}]}], "Secret x"),
    ],
)
def test_dangling_references(path: str, value: Any, missing: str) -> None:
    deployment = spoilt(DEPLOYMENT, path, value)
    assert judged(deployment) == [f"refers to {missing}, which is not there"]
    assert judged(deployment, named=frozenset({"x"})) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (
            f"{ONE}.env",
            variable("secret", name="keys", key="pass"),
            "refers to the key pass that Secret keys lacks",
        ),
        (
            f"{POD}.volumes",
            volume(configMap={"name": "settings", "items": [{"key": "k", "path": "p"}]}),
            "refers to the key k that ConfigMap settings lacks",
        ),
    ],
)
def test_missing_keys(path: str, value: Any, problem: str) -> None:
    assert judged(spoilt(DEPLOYMENT, path, value)) == [problem]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{ONE}.env", variable("secret", name="keys", key="password")),
        (f"{ONE}.env", variable("secret", name="x", key="k", optional=True)),
        (f"{POD}.volumes", volume(secret={"secretName": "x", "optional": True})),
        (f"{ONE}.env", [{"name": "DB_PASSWORD_FILE", "value": "/run/password"}]),
        (f"{ONE}.env", [{"name": "MAX_TOKENS", "value": "100"}]),
        (f"{ONE}.env", [{"name": "URL", "value": "http://api:8000/@x"}]),
    ],
)
def test_what_is_right(path: str, value: Any) -> None:
    assert judged(spoilt(DEPLOYMENT, path, value)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DB_PASSWORD", "x"),
        ("passwd", "x"),
        ("api-key", "x"),
        ("GITHUB_TOKEN", "x"),
        ("clientSecret", "x"),
        ("url", "postgresql+psycopg://todo:hunter2@db:5432/todo"),
        ("pem", "-----BEGIN RSA PRIVATE KEY-----\n"),
    ],
)
def test_secrets_in_the_open(key: str, value: str) -> None:
    exposed = spoilt(SETTINGS, "data", {key: value})
    (finding,) = judge_configuration((exposed,), frozenset())
    assert (finding.subject, finding.problem) == (
        "ConfigMap/settings",
        f"{key} looks like a secret",
    )
    assert value not in str(finding) or value == "x"
    literal = spoilt(DEPLOYMENT, f"{ONE}.env", [{"name": key, "value": value}])
    assert judged(literal) == [f"api: {key} looks like a secret"]


def test_strings_of_a_tree() -> None:
    assert set(strings({"a": "x", "b": ["y", {"c": "z"}], "d": 1})) == {"x", "y", "z"}
