"""The everyday verbs on the running application, and an update that does not come up."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.deployment import application, node
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

_KEPT_REVISIONS = 10
READY = "backend/src/api/routers/health.py"


def test_scaled_and_back(deployed: Deployed) -> None:
    ran = deployed.workspace.must("app.scale", "backend", "3")
    assert "backend: 3 available" in ran.text
    assert [row for row in deployed.workspace.json("app.check") if row["state"] != "ok"] == []
    lines = deployed.workspace.must("app.logs", "backend", "--lines", "1").text.splitlines()
    speaking = {line.partition("]")[0].split("/")[1] for line in lines}
    staying = {pod["metadata"]["name"] for pod in _staying(deployed)}
    three = {name for name in staying if "backend" in name}
    assert len(three) == 3
    assert three <= speaking  # one that an update has replaced may be leaving
    assert "T026.release" in deployed.deploy().steps("✓")
    assert sum("backend" in pod["metadata"]["name"] for pod in _staying(deployed)) == 1


def test_another_value_and_another_image(deployed: Deployed) -> None:
    workspace, before = deployed.workspace, application.version(deployed.address)
    ran = workspace.must("app.update", "--values", "backend.logLevel=warning,backend.replicas=2")
    assert "until the next `invoke deploy-all`" in ran.text
    assert sum("backend" in pod["metadata"]["name"] for pod in _staying(deployed)) == 2
    workspace.edit("backend/src/todo/__init__.py", f'"{before}"', '"7.7.6"')
    old = {name for name in application.running_images(workspace) if "/backend:" in name}
    workspace.must("containerize")
    assert application.version(deployed.address) == before
    workspace.must("app.update", "--component", "backend")
    assert application.version(deployed.address) == "7.7.6"
    assert sum("backend" in pod["metadata"]["name"] for pod in _staying(deployed)) == 2
    workspace.must("app.update", "--component", "backend", "--image", *old)
    assert application.version(deployed.address) == before
    assert "T026.release" in deployed.deploy().steps("✓")
    assert application.version(deployed.address) == "7.7.6"


def test_images_that_no_revision_goes_back_to_leave_the_node(deployed: Deployed) -> None:
    workspace, before = deployed.workspace, application.version(deployed.address)
    (old,) = [name for name in application.running_images(workspace) if "/backend:" in name]
    workspace.edit("backend/src/todo/__init__.py", f'"{before}"', '"7.7.5"')
    deployed.deploy()
    assert old in _on_node(workspace)  # the revision before has it
    for number in range(_KEPT_REVISIONS):  # of what no object shows, so that no pod is replaced
        workspace.must("app.update", "--values", f"serviceMonitor.interval={number + 40}s")
    ran = deployed.deploy()
    assert "T026.prune" in ran.steps("✓")
    assert old not in _on_node(workspace)
    assert set(application.running_images(workspace)) <= _on_node(workspace)
    assert application.version(deployed.address) == "7.7.5"


def _on_node(workspace: Workspace) -> set[str]:
    return set(node.containerd(workspace, "images", "list", "--quiet"))


def test_an_update_that_cannot_be_is_refused_before_anything_changes(deployed: Deployed) -> None:
    revision = deployed.workspace.json("app.history")[-1]["revision"]
    for words, said in {
        ("--component", "backnd"): "one of backend, frontend, database",
        ("--component", "backend", "--image", "localhost/todo-app/backend:gone"): "neither",
        ("--image", "a:1"): "name the component",
        ("--values", "backend.logLevel"): "PATH=VALUE",
        ("--values", "backend.loglevel=debug"): "loglevel",
    }.items():
        ran = deployed.workspace.invoke("app.update", *words)
        assert ran.code != 0
        assert said in ran.text
    assert deployed.workspace.json("app.history")[-1]["revision"] == revision


def test_a_database_is_not_scaled(deployed: Deployed) -> None:
    ran = deployed.workspace.invoke("app.scale", "database", "2")
    assert ran.code == 2
    assert "data of its own" in ran.text


def test_rolled_back_and_forward_again(deployed: Deployed) -> None:
    before = application.version(deployed.address)
    deployed.workspace.edit("backend/src/todo/__init__.py", f'"{before}"', '"7.7.7"')
    deployed.deploy()
    assert application.version(deployed.address) == "7.7.7"
    todo = application.write(deployed.address, "Written by the newer one")
    deployed.workspace.must("app.rollback")
    assert application.version(deployed.address) == before
    assert application.read(deployed.address, todo) == "Written by the newer one"
    newest = deployed.workspace.json("app.history")[-1]
    assert (newest["status"], newest["what"].split()[0]) == ("deployed", "Rollback")
    deployed.deploy()
    assert application.version(deployed.address) == "7.7.7"


def test_an_update_that_is_never_ready_is_named_and_put_back(deployed: Deployed) -> None:
    version = application.version(deployed.address)
    text = (deployed.workspace.root / READY).read_text()
    broken = text.replace('@router.get("/readyz"', '@router.get("/elsewhere"')
    assert broken != text
    (deployed.workspace.root / READY).write_text(broken)
    started = time.monotonic()
    ran = deployed.workspace.invoke("deploy-all")
    assert ran.code == 1
    assert "does not come up" in ran.text
    assert "Readiness probe failed" in ran.text
    assert "was put back as it was in revision" in ran.text
    assert time.monotonic() - started < 60
    assert application.version(deployed.address) == version
    assert all("ready" in row["seen"] for row in _check(deployed) if row["check"] == "workloads")
    (deployed.workspace.root / READY).write_text(text)
    deployed.deploy()


def _check(deployed: Deployed) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = deployed.workspace.json("app.check")
    return rows


def _staying(deployed: Deployed) -> list[dict[str, Any]]:
    return [
        pod
        for pod in application.pods(deployed.workspace)
        if "deletionTimestamp" not in pod["metadata"]
    ]
