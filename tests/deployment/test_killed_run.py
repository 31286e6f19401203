"""A run is killed, or interrupted, where most is under way: the next goes on, nothing is half made.

Any instant is met by `test_random_kills.py`; these are the ones where a kill leaves most to mend.
"""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from tests.deployment import application
from tests.deployment.killing import children
from tests.deployment.workspace import Ran, Workspace

pytestmark = pytest.mark.e2e

_PAGE = ("containerize", "--only", "T008.page")
# In the order in which they can be reached: each begins where the one before has led to.
_POINTS = (
    (("cluster",), "T021.start", "starting the node", signal.SIGKILL),
    (("cluster",), "T021.start", "giving the cluster its roles", signal.SIGKILL),
    (_PAGE, "T008.page", "installs", signal.SIGINT),
    (_PAGE, "T008.page", "installs", signal.SIGKILL),
    (_PAGE, "T008.page", "builds", signal.SIGKILL),
    (("containerize", "--force", "T010.backend"), "T010.backend", "", signal.SIGINT),
    (("deploy",), "T026.images", "loading", signal.SIGKILL),
    (("deploy",), "T026.release", "applying", signal.SIGKILL),
    (("deploy",), "T026.release", "waiting", signal.SIGINT),
)
_INTERRUPTED_WITHIN = 10.0
_GONE_WITHIN = 5.0


@pytest.mark.parametrize(("words", "step", "text", "number"), _POINTS)
def test_cut_off(
    second_workspace: Workspace,
    words: tuple[str, ...],
    step: str,
    text: str,
    number: signal.Signals,
) -> None:
    workspace = second_workspace
    before = workspace.done()
    running = workspace.start(*words)
    running.await_step(step, text)
    time.sleep(0.05)  # into the step's work, past its first line
    started = children(running)
    running.send(number)
    ran = running.wait(_INTERRUPTED_WITHIN)
    assert ran.code == (130 if number is signal.SIGINT else -number), ran.text
    _, alive = psutil.wait_procs(started, 0.1 if number is signal.SIGINT else _GONE_WITHIN)
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


def _unended(ran: Ran) -> set[str]:
    started = {line.split()[1] for _, line in ran.lines if line.startswith("> ")}
    return started - set(ran.marks)
