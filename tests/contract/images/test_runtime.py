"""The images of the todo application, run as their pods run: no rights, no network, little memory.

What a process has and may do is read from the kernel, by testinfra, beside the container: the
images hold no shell to look around with.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import testinfra

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.remove import remove_images
from phaseline.operators.images.trial import check_runs
from tests.contract.images import todo
from tests.contract.images.scratch import DOCKERFILE, Scratch
from tests.contract.images.todo import Running

STOP_WITHIN_S = 2.0
SECRET = "hunter2"
COMPONENTS = ("backend", "frontend", "database")

Start = Callable[..., Running]


@pytest.fixture(scope="module")
def context(daemon: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    context = todo.build(tmp_path_factory.mktemp("todo"))
    yield context
    remove_images(context)


@pytest.fixture
def start(context: Context) -> Iterator[Start]:
    """Starts a component; what was started is removed after the test."""
    started: list[Running] = []

    def start(name: str, **changes: Any) -> Running:
        started.append(todo.start(context, name, **changes))
        return started[-1]

    yield start
    for one in started:
        one.container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def machine() -> testinfra.host.Host:
    """This machine, whose kernel runs the containers."""
    return testinfra.get_host("local://")


@pytest.mark.parametrize("name", COMPONENTS)
def test_its_process_has_no_rights_and_its_root_cannot_be_written(
    start: Start, machine: testinfra.host.Host, name: str
) -> None:
    running = start(name)
    running.wait_for(running.component.try_out.logs)  # type: ignore[union-attr]
    status = machine.file(f"/proc/{running.pid}/status").content_string
    fields = dict(re.findall(r"^(\w+):\t(.*)$", status, re.M))
    assert fields["Uid"].split() == ["10001"] * 4
    assert fields["Gid"].split() == ["10001"] * 4
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[capabilities], 16) == 0
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    mounts = machine.file(f"/proc/{running.pid}/mountinfo").content_string.splitlines()
    (root,) = (line.split() for line in mounts if line.split()[4] == "/")
    assert root[5].split(",")[0] == "ro"
    assert not machine.file(f"/proc/{running.pid}/root/run/docker.sock").exists


@pytest.mark.parametrize("name", COMPONENTS)
def test_there_is_nothing_on_its_network_but_itself(
    start: Start, machine: testinfra.host.Host, name: str
) -> None:
    running = start(name)
    interfaces = machine.file(f"/proc/{running.pid}/net/dev").content_string.splitlines()[2:]
    assert [line.partition(":")[0].strip() for line in interfaces] == ["lo"]
    routes = machine.file(f"/proc/{running.pid}/net/route").content_string.splitlines()[1:]
    assert routes == []


@pytest.mark.parametrize("name", ["backend", "database"])
def test_it_becomes_healthy_by_its_own_check(start: Start, name: str) -> None:
    start(name).wait_until_healthy()


@contextmanager
def migrated(backend: Running) -> Iterator[None]:
    """The service with its tables."""
    backend.wait_until_healthy()
    code, output = backend.container.exec_run(["python3", "-m", "todo", "migrate"])
    assert code == 0, output
    yield


@contextmanager
def proxied(frontend: Running) -> Iterator[None]:
    """The web server with an upstream that answers in its own network."""
    frontend.wait_for("start worker process")
    with frontend.client("--serve", port=8000) as upstream:
        assert upstream.stdout
        assert upstream.stdout.readline() == "serves\n"
        yield
        upstream.terminate()


@pytest.mark.parametrize(("name", "ready"), [("backend", migrated), ("frontend", proxied)])
def test_a_request_in_flight_is_answered_before_it_ends(
    start: Start, name: str, ready: Callable[[Running], AbstractContextManager[None]]
) -> None:
    running = start(name)
    with ready(running), running.client() as client:
        assert client.stdin
        assert client.stdout
        assert client.stdout.readline() == "half\n"
        time.sleep(0.2)  # until it was taken in
        image = running.container.attrs["Config"]
        running.container.kill(image.get("StopSignal") or "SIGTERM")  # as the kubelet does
        time.sleep(0.3)
        assert running.state()["Status"] == "running"
        finished = time.monotonic()
        client.stdin.write("go on\n")
        client.stdin.flush()
        assert client.stdout.readline() == "201\n"
    assert running.container.wait(timeout=10)["StatusCode"] == 0
    assert time.monotonic() - finished < STOP_WITHIN_S


@pytest.mark.parametrize("name", COMPONENTS)
def test_it_ends_within_two_seconds_of_sigterm(start: Start, name: str) -> None:
    running = start(name)
    running.wait_for(running.component.try_out.logs)  # type: ignore[union-attr]
    running.container.kill("SIGTERM")
    began = time.monotonic()
    assert running.container.wait(timeout=10)["StatusCode"] == 0
    assert time.monotonic() - began < STOP_WITHIN_S


def test_under_load_it_keeps_to_the_memory_that_its_pod_has(start: Start) -> None:
    running = start("backend")
    with migrated(running), running.client("400") as client:
        assert client.communicate(timeout=60)[0] == "[201]\n"
    state = running.state()
    assert (state["Status"], state["OOMKilled"]) == ("running", False)


def test_without_enough_memory_it_is_killed_and_that_is_said(context: Context) -> None:
    (backend,) = (one for one in context.pipeline.components if one.name == "backend")
    assert backend.try_out
    small = backend.model_copy(
        update={"try_out": backend.try_out.model_copy(update={"memory_mb": 24})}
    )
    with pytest.raises(CheckFailed) as caught:
        check_runs(Context(context.workspace, (small,)))
    assert caught.value.what == ("backend needs more than its 24 MB and was killed by the kernel")
    assert "try_out.memory_mb" in caught.value.fix


WRONG = [
    ({}, "TODO_DATABASE_URL is not set"),
    ({"TODO_DATABASE_URL": "nonsense"}, "TODO_DATABASE_URL is not a database address"),
    ({"TODO_DATABASE_URL": f"mysql://u:{SECRET}@h/x"}, "must begin with postgresql+psycopg://"),
    ({"TODO_DATABASE_URL": "sqlite:////absent/todo.db"}, "a folder that does not exist"),
]


@pytest.mark.parametrize(("environment", "message"), WRONG)
def test_the_backend_refuses_to_start_without_a_usable_database_address(
    start: Start, environment: dict[str, str], message: str
) -> None:
    running = start("backend", environment=environment)
    assert running.container.wait(timeout=20)["StatusCode"] == 2
    (line,) = running.log().splitlines()
    assert line.startswith("todo: ")
    assert message in line
    assert SECRET not in line


def test_the_backend_says_which_database_does_not_answer(start: Start) -> None:
    address = f"postgresql+psycopg://todo:{SECRET}@127.0.0.1:5432/todo"
    arguments = ("migrate", "--wait", "1")
    running = start("backend", environment={"TODO_DATABASE_URL": address}, arguments=arguments)
    assert running.container.wait(timeout=20)["StatusCode"] == 1
    assert "127.0.0.1" in running.log()
    assert "Traceback" not in running.log()
    assert SECRET not in running.log()


def test_what_takes_more_than_two_seconds_to_end_is_refused(scratch: Scratch) -> None:
    program = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (time.sleep(4), sys.exit(0)))
        print("works")
        signal.pause()
    """
    context = scratch.write(program=program)
    base_image(context)
    render_dockerfile(context)
    build(context)
    with pytest.raises(CheckFailed, match=r"still runs \d+ s after SIGTERM"):
        check_runs(context)


def test_an_image_whose_health_check_fails_is_refused_with_what_it_said(scratch: Scratch) -> None:
    check = 'HEALTHCHECK --retries=1 CMD ["python3", "-c", "raise SystemExit(\'not today\')"]'
    dockerfile = re.sub("HEALTHCHECK.*", check, DOCKERFILE)
    context = scratch.write(dockerfile=dockerfile)
    base_image(context)
    render_dockerfile(context)
    build(context)
    with pytest.raises(CheckFailed, match="the health check of app fails") as caught:
        check_runs(context)
    assert "not today" in caught.value.why
