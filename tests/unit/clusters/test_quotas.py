from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import InvalidConfiguration
from phaseline.operators.clusters import quotas
from tests.unit.engine.toy import PIPELINE, workspace

QUOTA = """
quota:
  namespace: {pods: "20", requests.cpu: "2", limits.memory: 2Gi}
  container: {limits: {memory: 256Mi}, requests: {cpu: 20m}, most: {memory: 1Gi}}
"""


def rendered(tmp_path: Path, more: str) -> list[Any]:
    context = workspace(tmp_path)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE + more)
    quotas.render_quota(type(context)(type(context.workspace)(context.workspace.root)))
    return list(yaml.safe_load_all(quotas.manifest_file(context).read_text()))


def test_both_objects_are_rendered(tmp_path: Path) -> None:
    quota, limits = rendered(tmp_path, QUOTA)
    assert (quota["kind"], limits["kind"]) == ("ResourceQuota", "LimitRange")
    assert quota["spec"]["hard"] == {"pods": "20", "requests.cpu": "2", "limits.memory": "2Gi"}
    assert limits["spec"]["limits"] == [
        {
            "type": "Container",
            "default": {"memory": "256Mi"},
            "defaultRequest": {"cpu": "20m"},
            "max": {"memory": "1Gi"},
        }
    ]


def test_what_is_not_asked_for_is_left_out(tmp_path: Path) -> None:
    (quota,) = rendered(tmp_path, 'quota: {namespace: {pods: "3"}}\n')
    assert quota["kind"] == "ResourceQuota"
    assert rendered(tmp_path, "") == []


@pytest.mark.parametrize("text", ["much", "-1", "1 Gi"])
def test_what_is_no_quantity_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"quota\.namespace"):
        rendered(tmp_path, f'quota: {{namespace: {{pods: "{text}"}}}}\n')


WANTED = {
    "kind": "ResourceQuota",
    "metadata": {"namespace": "shop"},
    "spec": {"hard": {"pods": "3", "requests.cpu": "1"}},
}


def found(hard: dict[str, str], used: dict[str, str]) -> dict[str, Any]:
    return {"spec": {"hard": hard}, "status": {"hard": hard, "used": used}}


@pytest.mark.parametrize(
    ("one", "fit", "seen"),
    [
        (None, False, "it is not set"),
        (found({"pods": "9", "requests.cpu": "1"}, {}), False, "it was altered"),
        (found({"pods": "3"}, {}), False, "it was altered"),
        (
            found({"pods": "3", "requests.cpu": "1000m"}, {"pods": "2", "requests.cpu": "70m"}),
            True,
            "set as wanted",
        ),
    ],
)
def test_what_is_said_of_a_quota(one: dict[str, Any] | None, fit: bool, seen: str) -> None:
    judged = quotas.judge(WANTED, one)
    assert (judged.fit, judged.seen) == (fit, seen)
    assert fit or judged.fix


def test_limits_with_what_the_server_adds() -> None:
    limits = {"type": "Container", "default": {"memory": "256Mi"}}
    wanted = {"kind": "LimitRange", "metadata": {"namespace": "s"}, "spec": {"limits": [limits]}}
    added = {**limits, "defaultRequest": {"memory": "256Mi"}}
    assert quotas.judge(wanted, {"spec": {"limits": [added]}}).fit
    other = {**limits, "default": {"memory": "512Mi"}}
    assert not quotas.judge(wanted, {"spec": {"limits": [other]}}).fit


@pytest.mark.parametrize(("pods", "fit"), [("2", True), ("3", False)])
def test_a_quota_that_is_used_up(pods: str, fit: bool) -> None:
    judged = quotas.room(found({"pods": "3", "requests.cpu": "1"}, {"pods": pods}))
    assert (judged.fit, judged.seen) == (fit, f"pods {pods} of 3")
    assert fit or "raise pods" in judged.fix
