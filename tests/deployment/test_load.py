"""200 requests a second, while the application is updated, taken back, scaled and loses pods."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.load import RATE, Load
from tests.deployment import application
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

VERSION = "backend/src/todo/__init__.py"
PAGE = "frontend/index.html"
MIGRATIONS = "backend/src/todo/migrations/versions"
# A column more, which the version before does not know and leaves out when it writes.
ANOTHER_COLUMN = """
import sqlalchemy as sa
from alembic import op

revision: str = "{revision}"
down_revision: str | None = "{before}"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("todos", sa.Column("colour", sa.String(20), nullable=True))


def downgrade() -> None:
    op.drop_column("todos", "colour")
"""
_IN = ("-n", application.NAMESPACE)
REFUSED = re.compile(r"[A-Z]+: answered 50[23], to be asked again after 2 s")
_LEFT_WITHIN = 60.0


@pytest.fixture(scope="module", autouse=True)
def as_it_is_in_the_checkout(first: Deployed) -> Iterator[None]:
    """What was rolled back here is what the next tests would find."""
    yield
    first.deploy()


def test_an_update_with_a_migration_and_the_way_back(deployed: Deployed) -> None:
    workspace, before = deployed.workspace, application.version(deployed.address)
    with Load(deployed.address) as load:
        workspace.edit(VERSION, f'"{before}"', '"8.8.8"')
        workspace.edit(PAGE, "</head>", '  <meta name="edition" content="8" />\n  </head>')
        _migrate_further(workspace.root / MIGRATIONS)
        deployed.deploy()
        assert application.version(deployed.address) == "8.8.8"
        assert 'name="edition"' in _page(deployed)
        workspace.must("app.rollback")
        assert application.version(deployed.address) == before
        assert 'name="edition"' not in _page(deployed)
        _await_left(deployed)
    _nothing_was_lost(load)


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_more_pods_and_fewer_again(deployed: Deployed, component: str) -> None:
    with Load(deployed.address) as load:
        deployed.workspace.must("app.scale", component, "3")
        time.sleep(2)  # for connections that the new pods hold when they are ended
        deployed.workspace.must("app.scale", component, "1")
        _await_left(deployed)
    _nothing_was_lost(load)


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_the_only_pod_is_sent_away(deployed: Deployed, component: str) -> None:
    (pod,) = _pods(deployed, component)
    with Load(deployed.address) as load:
        application.kubectl(deployed.workspace, *_IN, "delete", "pod", pod, "--wait=false")
        _await_left(deployed)
    assert pod not in _pods(deployed, component)
    _nothing_was_lost(load)


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_one_of_two_pods_crashes(deployed: Deployed, component: str) -> None:
    """What was under way in it is gone; whoever repeats it, as the page does, loses nothing."""
    deployed.workspace.must("app.scale", component, "2")
    with Load(deployed.address, like_page=True) as load:
        time.sleep(2)
        _crash(deployed, component)
        time.sleep(6)
    deployed.workspace.must("app.scale", component, "1")
    _nothing_was_lost(load)
    if component == "backend":  # the web server repeats, and goes on to the other pod
        assert load.outcome.again <= RATE / 10, load.outcome


def test_the_database_is_away_for_a_moment(deployed: Deployed) -> None:
    """It is the only one: requests are refused meanwhile, and none is answered wrongly."""
    (pod,) = _pods(deployed, "database")
    with Load(deployed.address) as load:
        application.kubectl(deployed.workspace, *_IN, "delete", "pod", pod, "--wait=false")
        _await_left(deployed)
        time.sleep(2)
    assert load.outcome.lost, "the database was never away"
    foreign = {what for _, what in load.outcome.lost if not REFUSED.fullmatch(what)}
    assert foreign == set(), load.outcome
    assert max(at for at, _ in load.outcome.lost) < load.outcome.duration - 1, load.outcome


def _nothing_was_lost(load: Load) -> None:
    assert load.outcome.lost == [], load.outcome
    assert load.outcome.sent > 0.9 * RATE * load.outcome.duration, load.outcome


def _page(deployed: Deployed) -> str:
    return httpx.get(deployed.address, timeout=10).raise_for_status().text


def _migrate_further(folder: Path) -> None:
    before = max(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))
    revision = f"{int(before) + 1:04}"
    content = ANOTHER_COLUMN.format(revision=revision, before=before)
    (folder / f"{revision}_colour.py").write_text(content)


def _pods(deployed: Deployed, component: str) -> list[str]:
    """The names of a component's pods, without those that are leaving."""
    return [
        pod["metadata"]["name"]
        for pod in application.pods(deployed.workspace)
        if pod["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]


def _await_left(deployed: Deployed) -> None:
    """Wait until each pod that is leaving has left, and each that stays is ready."""
    deadline = time.monotonic() + _LEFT_WITHIN
    path = "jsonpath={.items[*].metadata.deletionTimestamp}"
    while application.kubectl(deployed.workspace, *_IN, "get", "pods", "-o", path):
        assert time.monotonic() < deadline, "a pod does not leave"
        time.sleep(0.5)
    for kind in ("deployment", "statefulset"):
        selector = ("-l", "app.kubernetes.io/part-of=todo-app")
        application.kubectl(
            deployed.workspace, *_IN, "rollout", "status", kind, *selector, "--timeout=50s"
        )


def _crash(deployed: Deployed, component: str) -> None:
    """Kill the first process of one pod's container: the container ends, and the pod stays."""
    name, *_ = _pods(deployed, component)
    path = "jsonpath={.status.containerStatuses[0].containerID}"
    told = application.kubectl(deployed.workspace, *_IN, "get", "pod", name, "-o", path)
    container = told.removeprefix("containerd://")
    program = [one for one in psutil.process_iter() if container in _cgroups(one.pid)]
    assert program, f"{name} has no process"
    min(program, key=lambda one: one.create_time()).kill()


def _cgroups(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:  # it has ended
        return ""
