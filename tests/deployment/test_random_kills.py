"""One deployment, cut off at fifteen random instants: what is said to stand stands, all of it.

The seed is printed; `PHASELINE_KILLS` sets it.
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import tasks
from phaseline.core.files import digest_file
from phaseline.core.workspace import Context, cache_folder
from phaseline.core.workspace import Workspace as ProductWorkspace
from phaseline.engine import entries, evidence, freshness, paths, record
from phaseline.engine.graph import Kind
from phaseline.tools import docker
from tests.deployment import application
from tests.deployment.conftest import NewWorkspace
from tests.deployment.killing import Moment, children, ended_in, moments
from tests.deployment.machine import Machine
from tests.deployment.workspace import Ran, Running, Workspace
from tests.unit.waiting import eventually

pytestmark = pytest.mark.e2e

_KILLS = 15
_WHOLE = 35.0  # seconds that a deployment takes once tools are cached
_GONE_WITHIN = 5.0
_SCRATCH = ("get", "namespaces", "-l", "phaseline.dev/scratch", "-o", "name")


@pytest.fixture(scope="module")
def before(workspace: Workspace) -> Machine:
    """The machine before anything is run in the workspace."""
    return Machine.now()


@pytest.fixture(scope="module")
def workspace(make_workspace: NewWorkspace) -> Workspace:
    """A workspace of these tests alone."""
    return make_workspace()


@pytest.fixture(scope="module")
def half_made_before() -> set[Path]:
    """What others have under way in the caches."""
    return set(_in_caches())


@pytest.fixture(scope="module")
def last(workspace: Workspace, before: Machine, half_made_before: set[Path]) -> Ran:
    """The run that ends by itself, after all that were cut off."""
    seed = os.environ.get("PHASELINE_KILLS") or secrets.token_hex(4)
    print(f"PHASELINE_KILLS={seed}")  # noqa: T201 - pytest shows it where a test fails
    built = [
        step
        for step in tasks.GRAPH.wanted_for(["services"])
        if step.kind is not Kind.NOT_BUILT and not _lacks(step.role, workspace)
    ]
    for moment in moments(seed, _KILLS, seconds=_WHOLE, steps=len(built)):
        print(moment)  # noqa: T201
        _cut_off(workspace, moment)
    return workspace.must("deploy-all")


def _lacks(role: str | None, workspace: Workspace) -> bool:
    return role is not None and all(
        one["role"] != role for one in workspace.settings()["components"]
    )


def _cut_off(workspace: Workspace, moment: Moment) -> None:
    stood = set(record.load_all(workspace.state))
    running = workspace.start("deploy-all")
    seen = ended_in(running)
    try:
        _await(moment, running, workspace)
        own = children(running)
        for process in own if moment.everything else ():
            with suppress(psutil.NoSuchProcess):
                process.kill()
    finally:
        running.send(signal.SIGKILL)
    assert running.wait().code == -signal.SIGKILL
    _, alive = psutil.wait_procs(own, _GONE_WITHIN)
    assert not alive
    ended = seen.now()
    lost = ended.keys() - record.load_all(workspace.state).keys()
    assert not lost, f"{lost} had ended"
    again = {name for name, ending in ended.items() if ending == "done"} & stood
    assert not again, f"{again} stood before, and was done again"


def _await(moment: Moment, running: Running, workspace: Workspace) -> None:
    seen, deadline = ended_in(running), running.started + moment.seconds
    sealed = None
    while time.monotonic() < deadline:
        assert running.process.poll() is None, running.text
        if len(seen.now()) >= moment.steps:
            count = evidence.Evidence(workspace.state, workspace.root).count
            sealed = count if sealed is None else sealed
            if not moment.sealed or count > sealed:
                return
        time.sleep(0.002)


def _context(workspace: Workspace) -> Context:
    return Context(ProductWorkspace(workspace.root))


def test_what_the_last_run_calls_fresh_stands(workspace: Workspace, last: Ran) -> None:
    context, kept = _context(workspace), record.load_all(workspace.state)
    assert last.steps("=")
    for name in last.steps("="):
        step, own = tasks.GRAPH.steps[name], freshness.context_of(tasks.GRAPH.steps[name], context)
        files = {**kept[name].parts["inputs"], **kept[name].outputs}
        assert {one: _digest(workspace.root / one) for one in files} == files, name
        assert kept[name].outputs.keys() == paths.digests(step.outputs, own).keys(), name
        standing = freshness.ask(step, own)
        assert standing is None or standing.stands, standing


def _digest(path: Path) -> str:
    return digest_file(path) if path.exists() or path.is_symlink() else paths.ABSENT


def test_the_application_works_and_is_what_was_built(workspace: Workspace, last: Ran) -> None:
    place = application.address(last)
    assert application.read(place, application.write(place, "After it all")) == "After it all"
    built = application.docker_images("localhost/todo-app/")
    running = application.running_images(workspace)
    assert len(running) == 3
    assert running == {name: built.get(name, "not built") for name in running}


def test_the_evidence_of_all_runs_is_one_chain(workspace: Workspace, last: Ran) -> None:
    head = workspace.json("evidence.head")["head"]
    assert workspace.must("verify", "--head", head)
    proved = entries.latest(workspace.state)
    for name, kept in record.load_all(workspace.state).items():
        assert (proved[name].ending, proved[name].key) == ("done", kept.key)


def test_nothing_is_half_made(workspace: Workspace, last: Ran, half_made_before: set[Path]) -> None:
    found = [one for one in _walk(workspace.root) if _is_half_made(one)]
    assert found == []
    assert set(_in_caches()) - half_made_before == set()
    assert list(workspace.temporary.iterdir()) == []
    prefix = f"localhost/{ProductWorkspace(workspace.root).id}/"
    assert _containers(prefix) == []
    own = application.docker_images(prefix)
    assert own
    assert [name for name in own if name.endswith(":raw")] == []


def _walk(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        # a node's own data is none of ours, nor are packages of npm
        below[:] = [one for one in below if one not in ("data", "volumes", "node_modules")]
        yield from (Path(folder, one) for one in (*below, *names))


def _is_half_made(path: Path) -> bool:
    return path.suffix in (".draft", ".new") or path.name.startswith((".installing-", ".import"))


def _in_caches() -> Iterator[Path]:
    for name in ("tools", "wheels", "bases", "layers", "settings", "answers"):
        yield from cache_folder().glob(f"{name}/**/.*.draft")
        yield from cache_folder().glob(f"{name}/*.draft")
    yield from cache_folder().glob("tools/*/.installing-*")
    yield from cache_folder().glob("wheels/.fetch")


def _containers(prefix: str) -> list[str]:
    client = docker.client()
    try:
        listed = client.containers.list(all=True, ignore_removed=True)
        return [str(one.name) for one in listed if one.attrs["Config"]["Image"].startswith(prefix)]
    finally:
        client.close()


def test_one_more_run_does_nothing(workspace: Workspace, last: Ran) -> None:
    assert workspace.must("deploy-all").steps("✓") == set()


def test_a_scratch_namespace_of_a_killed_check_goes_with_the_next(
    workspace: Workspace, last: Ran
) -> None:
    assert eventually(lambda: not application.kubectl(workspace, *_SCRATCH), limit=60.0)
    other = {"phaseline.dev/scratch": "todo-app", "phaseline.dev/workspace": "another"}
    labels = [f"{key}={value}" for key, value in other.items()]
    application.kubectl(workspace, "create", "namespace", "of-another")
    application.kubectl(workspace, "label", "namespace", "of-another", *labels)
    running = workspace.start("cluster", "--force", "T024")
    running.await_step("T024", "-check-")
    running.send(signal.SIGKILL)
    running.wait()
    left = set(application.kubectl(workspace, *_SCRATCH).split()) - {"namespace/of-another"}
    assert len(left) == 1
    workspace.must("cluster", "--force", "T024")
    stays = "namespace/of-another"
    assert eventually(
        lambda: application.kubectl(workspace, *_SCRATCH).split() == [stays], limit=60.0
    ), application.kubectl(workspace, *_SCRATCH)


def test_teardown_leaves_nothing(workspace: Workspace, last: Ran, before: Machine) -> None:
    workspace.must("teardown")
    lines = (one for kind in Machine.now().left_since(before).values() for one in kind)
    # the Docker daemon goes on where another workspace uses it
    assert [line for line in lines if "/phaseline-docker-" not in line] == []
    assert list(workspace.temporary.iterdir()) == []
