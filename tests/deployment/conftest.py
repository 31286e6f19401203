"""Workspaces that are deployed for real, and torn down whatever happens."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deployment import application, node
from tests.deployment.workspace import FIRST_LIMIT, Ran, Workspace

_LOCK = Path(tempfile.gettempdir()) / "phaseline-e2e.lock"


@pytest.fixture(scope="session", autouse=True)
def alone() -> Iterator[None]:
    """One such test session on a machine at a time: they compare the machine before and after."""
    assert os.geteuid() == 0, "these tests start clusters, for which they must be root"
    with _LOCK.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def places() -> Iterator[Path]:
    """A folder with a short path: sockets lie in the workspaces."""
    folder = Path(tempfile.mkdtemp(prefix="pl-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


NewWorkspace = Callable[[], Workspace]


@pytest.fixture(scope="session")
def every_workspace() -> Iterator[list[Workspace]]:
    """All that were made; each is torn down and removed at the end of the session."""
    made: list[Workspace] = []
    yield made
    for workspace in made:
        workspace.remove()


@pytest.fixture(scope="session")
def make_workspace(places: Path, every_workspace: list[Workspace]) -> NewWorkspace:
    """Makes workspaces in which nothing was run."""

    def make() -> Workspace:
        every_workspace.append(Workspace.copy(places / f"w{len(every_workspace)}"))
        return every_workspace[-1]

    return make


@pytest.fixture
def fresh(make_workspace: NewWorkspace) -> Workspace:
    """A workspace in which nothing was run."""
    return make_workspace()


@dataclass
class Deployed:
    """A deployed application: its workspace, the run that made it first, where it answers."""

    workspace: Workspace
    made: Ran
    address: str

    @classmethod
    def make(cls, workspace: Workspace) -> Deployed:
        """Deploy what is in `workspace`."""
        ran = workspace.must("deploy-all", limit=FIRST_LIMIT)
        return cls(workspace, ran, application.address(ran))

    def deploy(self) -> Ran:
        """Bring it up again, whatever a test has done to it."""
        ran = self.workspace.must("deploy-all")
        self.address = application.address(ran)
        return ran


@pytest.fixture(scope="session")
def first(make_workspace: NewWorkspace) -> Deployed:
    """The one that most tests share, deployed with nothing in its workspace."""
    return Deployed.make(make_workspace())


@pytest.fixture(scope="session")
def second_workspace(make_workspace: NewWorkspace) -> Workspace:
    """Another one on the same machine, which is first used by tests that begin with nothing."""
    return make_workspace()


@pytest.fixture
def deployed(first: Deployed) -> Deployed:
    """The shared one, brought up again if the test before has left it otherwise."""
    try:
        well = not node.unwell(first.workspace, f"{first.address}api/version")
    except FileNotFoundError:  # it was torn down
        well = False
    if not well:
        first.deploy()
    return first
