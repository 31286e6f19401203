"""`invoke replay`: a phase comes out the same in a workspace of its own, which leaves nothing."""

from __future__ import annotations

import json
import signal
from typing import Any

import httpx
import pytest

from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.machine import Machine
from tests.deployment.workspace import RUN_LIMIT
from tests.unit.waiting import eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
def before(deployed: Deployed) -> Machine:
    return Machine.now()


def replayed(deployed: Deployed, *words: str) -> dict[str, Any]:
    """What a replay tells; progress goes to the same stream here, before it."""
    ran = deployed.workspace.invoke("replay", "--json", *words)
    start = ran.text.index("{\n")
    told: dict[str, Any] = json.JSONDecoder().raw_decode(ran.text, start)[0]
    assert ran.code == (1 if told["counts"]["differs"] else 0)
    return told


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (("--phase", "chart"), {"T014.manifest", "T019"}),
        (("--phase", "2"), {"T007.image", "T008.page", "T012"}),
        (("--phase", "services"), {"T031", "T034"}),
        (("--all",), {"T003", "T007.base", "T014.values", "T021.start", "T026.release", "T034"}),
    ],
)
def test_it_comes_out_the_same_and_nothing_is_left(
    deployed: Deployed, before: Machine, words: tuple[str, ...], steps: set[str]
) -> None:
    images = application.docker_images("localhost/")
    told = replayed(deployed, *words)
    assert [row for row in told["rows"] if row["verdict"] == "differs"] == []
    assert steps <= {row["step"] for row in told["rows"] if row["verdict"] == "identical"}
    assert application.docker_images("localhost/") == images
    assert _left(before) == []
    assert list(deployed.workspace.temporary.iterdir()) == []
    assert httpx.get(deployed.address, timeout=10).status_code == 200


def _left(before: Machine) -> list[str]:
    """What is left, but for the groups of the Docker daemon, which goes on for the original."""
    lines = (one for kind in Machine.now().left_since(before).values() for one in kind)
    return [line for line in lines if "/phaseline-docker-" not in line]


def test_interrupted_nothing_is_left(deployed: Deployed, before: Machine) -> None:
    running = deployed.workspace.start("replay", "--phase", "services")
    assert eventually(lambda: "T026.release" in running.text, limit=RUN_LIMIT)
    running.send(signal.SIGINT)
    ran = running.wait(60.0)
    assert ran.code == 130, ran.text
    assert _left(before) == []
    assert list(deployed.workspace.temporary.iterdir()) == []
    assert deployed.deploy().steps("✓") == set()


def test_a_changed_input_is_named(deployed: Deployed) -> None:
    name = "backend/src/todo/__init__.py"
    path = deployed.workspace.root / name
    content = path.read_text()
    path.write_text(content + "\n")
    try:
        ran = deployed.workspace.invoke("replay", "--phase", "containerize")
    finally:
        path.write_text(content)
    assert ran.code == 1
    assert f"input {name} is not the one recorded" in ran.text
