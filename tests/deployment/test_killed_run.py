"""A run is killed, or interrupted, at any point: the next one goes on, and nothing is half made."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.deployment import application
from tests.deployment.workspace import Ran, Running, Workspace

pytestmark = pytest.mark.e2e

# In the order in which they can be reached: each begins where the one before has led to.
_POINTS = (
    ("cluster", "T021.start", "starting the node", signal.SIGKILL),
    ("cluster", "T021.start", "giving the cluster its roles", signal.SIGKILL),
    ("cluster", "T024", "", signal.SIGKILL),
    ("containerize", "T007.base", "", signal.SIGKILL),
    ("containerize", "T007.image", "", signal.SIGKILL),
    ("containerize", "T010.backend", "", signal.SIGINT),
    ("containerize", "T010.backend", "", signal.SIGKILL),
    ("containerize", "T008.page", "installs", signal.SIGINT),
    ("containerize", "T008.page", "installs", signal.SIGKILL),
    ("containerize", "T008.page", "builds", signal.SIGKILL),
    ("containerize", "T008.image", "", signal.SIGKILL),
    ("deploy", "T026.images", "loading", signal.SIGKILL),
    ("deploy", "T026.release", "applying", signal.SIGKILL),
    ("deploy", "T026.release", "waiting", signal.SIGINT),
    ("deploy-all", "T034", "", signal.SIGKILL),
)
_INTERRUPTED_WITHIN = 10.0
_GONE_WITHIN = 5.0


@pytest.mark.parametrize(("task", "step", "text", "number"), _POINTS)
def test_cut_off(
    second_workspace: Workspace, task: str, step: str, text: str, number: signal.Signals
) -> None:
    workspace = second_workspace
    before = workspace.done()
    running = workspace.start(task)
    running.await_step(step, text)
    children = _children(running)
    running.send(number)
    ran = running.wait(_INTERRUPTED_WITHIN)
    assert ran.code == (130 if number is signal.SIGINT else -number), ran.text
    _, alive = psutil.wait_procs(children, 0.1 if number is signal.SIGINT else _GONE_WITHIN)
    assert not alive, ran.text
    now = workspace.done()
    assert step not in now
    assert now >= (before | ran.steps("✓")) - _unended(ran)


def test_the_next_run_goes_on(second_workspace: Workspace) -> None:
    workspace = second_workspace
    before = workspace.done()
    ran = workspace.must("deploy-all")
    assert before <= ran.steps("=")
    place = application.address(ran)
    assert application.read(place, application.write(place, "After all")) == "After all"
    built = application.docker_images("localhost/todo-app/")
    running = application.running_images(workspace)
    assert len(running) == 3
    assert running == {name: built.get(name, "not built") for name in running}


def _children(running: Running) -> list[psutil.Process]:
    """What a run works with; the node and the Docker daemon are meant to stay."""
    time.sleep(0.05)  # into the step's work, past its first line
    found = psutil.Process(running.process.pid).children(recursive=True)
    return [one for one in found if not _stays(one)]


def _stays(process: psutil.Process) -> bool:
    try:
        own = Path("/proc/self/ns/pid").readlink()
        inside = Path(f"/proc/{process.pid}/ns/pid").readlink() != own
        return inside or any("phaseline.process.supervisor" in word for word in process.cmdline())
    except (OSError, psutil.NoSuchProcess):
        return False


def _unended(ran: Ran) -> set[str]:
    started = {line.split()[1] for _, line in ran.lines if line.startswith("> ")}
    return started - set(ran.marks)
