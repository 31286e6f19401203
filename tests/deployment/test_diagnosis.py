"""Faults planted in a real cluster: each is diagnosed, told, repaired and verified."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.faults import Fault, faults
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

_LIMIT = 60.0
_TELLING = (
    "Failed",
    "BackOff",
    "BackoffLimitExceeded",
    "Unhealthy",
    "FailedScheduling",
    "FailedCreate",
)
# each of these shows itself only after a container was started and ended, or was asked
_SILENT = ("service-selector", "service-port")


@pytest.fixture(scope="module")
def planted(first: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """The shared deployment, and beside it a namespace for each fault."""
    images = application.running_images(first.workspace)
    (image,) = {name for name in images if "/backend:" in name}
    found = Planted(first.workspace, faults(image))
    file = tmp_path_factory.mktemp("faults") / "all.json"
    try:
        found.plant(file)
        yield found
    finally:
        spaces = [space(one) for one in found.faults]
        application.kubectl(first.workspace, "delete", "namespace", *spaces, "--wait=false")


def space(fault: Fault) -> str:
    """The namespace of a fault."""
    return f"sea-{fault.name}"


class Planted:
    """The faults of a cluster."""

    def __init__(self, workspace: Workspace, listed: list[Fault]) -> None:
        self.workspace, self.faults = workspace, listed

    def plant(self, file: Path) -> None:
        """Apply all of them, and wait until each shows itself."""
        items: list[dict[str, Any]] = []
        for one in self.faults:
            items.append(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space(one)}}
            )
            items += [
                {**each, "metadata": {**each["metadata"], "namespace": space(one)}}
                for each in one.objects
            ]
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        application.kubectl(self.workspace, "apply", "-f", str(file))
        deadline = time.monotonic() + _LIMIT
        while missing := self._silent():
            assert time.monotonic() < deadline, f"nothing is to be seen of {missing}"
            time.sleep(0.5)

    def _silent(self) -> set[str]:
        listed = json.loads(
            application.kubectl(self.workspace, "get", "events", "-A", "-o", "json")
        )
        telling = {
            one["metadata"]["namespace"] for one in listed["items"] if one["reason"] in _TELLING
        }
        return {space(one) for one in self.faults if one.cause not in _SILENT} - telling


def test_the_report_tells_of_each_fault(planted: Planted) -> None:
    ran = planted.workspace.invoke("ai.analyze", "--json")
    assert ran.code == 1
    told = {
        (one["namespace"], one["code"], f"{one['kind']}/{one['name']}")
        for one in json.loads(ran.text)["findings"]
        if one["severity"] == "critical"
    }
    assert {(space(one), one.cause, one.at) for one in planted.faults} <= told
    assert {where for where, _, _ in told} == {space(one) for one in planted.faults}
    assert "not-to-be-shown" not in ran.text


def test_what_is_used_is_sampled(planted: Planted) -> None:
    found = planted.workspace.json("ai.optimize")["recommendations"]
    containers = {one["container"] for one in found}
    assert containers == {"backend", "frontend", "database"}
    assert all(one["samples"] for one in found)


def test_each_is_repaired_once_that_is_approved(planted: Planted) -> None:
    for one in planted.faults:
        place = ("--namespace", space(one))
        ran = planted.workspace.invoke("ai.debug", *place, "--fix", "--yes")
        assert ran.code == 0, f"{one.name}: {ran.text}"
        assert f"({one.cause})" in ran.text or f", {one.cause})" in ran.text, ran.text
        assert "not-to-be-shown" not in ran.text
        assert not one.serving or _addresses(planted.workspace, one), one.name
    # and it is the cause that was repaired: nothing is wrong after it
    left = planted.workspace.json("ai.analyze")["findings"]
    assert [one for one in left if one["severity"] == "critical"] == []


def test_what_is_shown_and_not_approved_is_not_done(planted: Planted) -> None:
    workspace, place = planted.workspace, ("-n", f"{space(planted.faults[0])}")
    application.kubectl(workspace, *place, "create", "configmap", "tide", "--from-literal=a=b")
    request = f"delete configmap tide in namespace {place[1]}"
    assert workspace.invoke("ai", request, "--dry-run").code == 0
    assert workspace.invoke("ai", request).code == 5  # nobody is there to approve it
    application.kubectl(workspace, *place, "get", "configmap", "tide")


def test_a_diagnosis_changes_nothing(first: Deployed) -> None:
    before = _versions(first.workspace)
    ran = first.workspace.must("ai.debug", "--namespace", application.NAMESPACE)
    assert "nothing is wrong" in ran.text
    assert _versions(first.workspace) == before


def _addresses(workspace: Workspace, one: Fault) -> str:
    """The endpoints of the fault's Service that are ready."""
    path = "jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].addresses}"
    service = f"kubernetes.io/service-name={one.serving}"
    words = ("-n", space(one), "get", "endpointslices", "-l", service, "-o", path)
    return application.kubectl(workspace, *words)


def _versions(workspace: Workspace) -> str:
    """The version of each workload and Service of the application."""
    path = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation}{'\\n'}{end}"
    kinds = "deployments,statefulsets,services,configmaps,secrets"
    return application.kubectl(workspace, "-n", application.NAMESPACE, "get", kinds, "-o", path)
