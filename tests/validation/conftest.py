"""The deployed system of the run at hand, found through the state of its workspace.

Nothing here makes a workspace, alters the application or takes a lock, for the run that calls these
tests holds it. Which system it is: the variable PHASELINE_WORKSPACE names its folder, else it is
the one of this checkout. `--phase 5` or `--phase deploy` leaves the tests of that phase; it may be
given several times.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import testinfra

import tasks
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.charts.manifest import parse
from phaseline.operators.clusters import access
from phaseline.operators.deployments import standing, world
from phaseline.operators.images.model import BuiltImage, load_images
from phaseline.operators.validation.sessions import HOME, WORKSPACE
from phaseline.tools import docker
from phaseline.tools.api_server import ApiServer
from phaseline.tools.helm_release import Release
from phaseline.tools.toolchain import ensure

Object = Mapping[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--phase` chooses among these tests."""
    text = "a phase by number or name: its tests only; may be given several times"
    parser.addoption("--phase", action="append", default=[], help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of phases that were not chosen."""
    chosen = {_number(one) for one in config.getoption("--phase", [])}
    if not chosen:
        return
    others = [one for one in items if one.path.parent == Path(__file__).parent]
    others = [one for one in others if not chosen & _phases(one)]
    config.hook.pytest_deselected(items=others)
    items[:] = [one for one in items if one not in others]


def _phases(item: pytest.Item) -> set[int]:
    return {mark.args[0] for mark in item.iter_markers("phase")}


def _number(text: str) -> int:
    for one in tasks.GRAPH.phases.values():
        if text in (one.name, str(one.number)):
            return one.number
    known = ", ".join(f"{one.number} {one.name}" for one in tasks.GRAPH.phases.values())
    raise pytest.UsageError(f"--phase {text}: there is no such phase; known: {known}")


@pytest.fixture(scope="session")
def context() -> Context:
    """The workspace whose system is tested."""
    return Context(Workspace(Path(os.environ.get(WORKSPACE, HOME))))


@pytest.fixture(scope="session")
def api(context: Context) -> Iterator[ApiServer]:
    """Its API server, asked as the administrator."""
    with access.api(context) as connected:
        yield connected


@pytest.fixture(scope="session")
def release(context: Context) -> Release:
    """The release as helm keeps it."""
    found = standing.newest(context)
    assert found, f"nothing is deployed in {context.workspace.root}: run `invoke deploy-all`"
    return found


@pytest.fixture(scope="session")
def objects(release: Release) -> tuple[Object, ...]:
    """What was applied."""
    return parse(release.manifest)


@pytest.fixture(scope="session")
def namespace(context: Context) -> str:
    """The application's namespace."""
    return context.pipeline.chart.namespace


@pytest.fixture(scope="session")
def pods(context: Context) -> list[Object]:
    """The pods that serve until they are stopped; those that leave are left out."""
    found = [pod for pod in world.look(context).pods if world.serves(pod)]
    staying = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
    assert staying, "the application has no pods"
    return staying


@pytest.fixture(scope="session")
def images(context: Context) -> dict[str, BuiltImage]:
    """The images that were built, by component."""
    found = load_images(context)
    assert found.keys() == {one.name for one in context.pipeline.components}
    return found


@pytest.fixture(scope="session")
def machine() -> testinfra.host.Host:
    """This machine."""
    return testinfra.get_host("local://")


@pytest.fixture(scope="session")
def programs(context: Context) -> Iterator[None]:
    """docker and kubectl on PATH, as testinfra calls them, with the daemon that is in use."""
    kubectl, client = access.kubectl(context).program, ensure("docker").path
    path = os.pathsep.join((str(client.parent), str(kubectl.parent), os.environ["PATH"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)
        for name, value in docker.environment(docker.host()).items():
            patch.delenv(name, raising=False)
            if value is not None:
                patch.setenv(name, value)
        yield
