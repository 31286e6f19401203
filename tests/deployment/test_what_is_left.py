"""`invoke teardown`: nothing is left but caches, system packages and the workspace's own files."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from phaseline.core.workspace import Workspace as ProductWorkspace
from phaseline.operators.hosts import own_daemon, users
from phaseline.tools import docker
from tests.deployment import application, node
from tests.deployment.conftest import Deployed
from tests.deployment.machine import Machine
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

_AT_MOST = 5.0


@pytest.fixture(scope="module")
def before(workspace: Workspace, every_workspace: list[Workspace]) -> Machine:
    """The machine with its packages installed and its caches filled, and nothing deployed."""
    records = docker.folder() / "users"
    using = {json.loads(one.read_text())["root"] for one in records.glob("*.json")}
    for one in every_workspace:
        if str(one.root) in using or (one.state / "cluster").exists():
            one.must("teardown")
    assert users.remaining(records) == []
    return Machine.now()


@pytest.fixture(scope="module")
def workspace(first: Deployed) -> Workspace:
    """The shared one: by now everything that it needs is cached."""
    return first.workspace


@pytest.fixture(scope="module")
def took() -> list[float]:
    """Seconds of each teardown that had something to do."""
    return []


def test_nothing_after_a_deployment(
    workspace: Workspace, before: Machine, took: list[float]
) -> None:
    workspace.must("deploy-all")
    inside = _inside(workspace)
    assert _changed_settings(before) == []
    took.append(workspace.must("teardown").seconds)
    node.await_empty(inside, limit=0.5)
    assert Machine.now().left_since(before) == {}
    assert list(workspace.temporary.iterdir()) == []
    assert not (workspace.state / "cluster").exists()


def test_no_image_of_ours(workspace: Workspace, before: Machine) -> None:
    workspace.must("containerize")
    assert _images(workspace)
    workspace.must("teardown")
    with _daemon():
        assert _images(workspace) == set()
    assert Machine.now().left_since(before) == {}


@pytest.mark.parametrize(
    ("task", "step", "text"),
    [
        ("cluster", "T021.start", "starting the node"),
        ("cluster", "T021.start", "waiting for kube-apiserver"),
        ("containerize", "T007.image", ""),
        ("containerize", "T010.backend", ""),
        ("deploy", "T026.release", "applying"),
    ],
)
def test_nothing_after_a_killed_run(
    workspace: Workspace, before: Machine, took: list[float], task: str, step: str, text: str
) -> None:
    shutil.rmtree(workspace.state)
    running = workspace.start(task)
    running.await_step(step, text)
    running.send(signal.SIGKILL)
    running.wait()
    took.append(workspace.must("teardown").seconds)
    assert Machine.now().left_since(before) == {}
    assert list(workspace.temporary.iterdir()) == []


def test_in_seconds(took: list[float]) -> None:
    # the quicker of the two that had a whole deployment to remove: the machine may be busy
    assert min(took[0], took[-1]) < _AT_MOST, took


def test_twice_is_once(workspace: Workspace, before: Machine) -> None:
    workspace.must("teardown")
    workspace.must("teardown")
    assert Machine.now().left_since(before) == {}


def test_the_state_too_if_asked(workspace: Workspace) -> None:
    workspace.must("teardown", "--state")
    assert not workspace.state.exists()


def _inside(workspace: Workspace) -> set[str]:
    holders = (node.holder_of_node(workspace), node.holder_of_docker())
    return {name for one in holders for name in node.namespaces(one)}


def _changed_settings(before: Machine) -> list[str]:
    """The machine's kernel settings that differ while a node runs."""
    return sorted(Machine.now().sysctls ^ before.sysctls)


def _images(workspace: Workspace) -> set[str]:
    # its own: what another checkout on this machine has is none of its business
    own = ProductWorkspace(workspace.root).id
    return set(application.docker_images(f"localhost/{own}/"))


@contextmanager
def _daemon() -> Iterator[None]:
    """Our Docker daemon, for a look at what it has."""
    place = own_daemon.Place(docker.folder())
    own_daemon.start(place)
    yield
    own_daemon.stop(place)
