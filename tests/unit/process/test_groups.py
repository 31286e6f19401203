from __future__ import annotations

import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phaseline.core.errors import Interrupted
from phaseline.process import groups
from phaseline.process.command import Command, Completed
from phaseline.process.run import _detached, attempt, pipe, run, spawn
from tests.unit.waiting import eventually, number_in, runs

STUBBORN = "trap '' TERM; echo $$ > {}; while true; do sleep 0.05; done"
POLITE = "trap 'exit 7' TERM; echo $$ > {}; while true; do sleep 0.05; done"
PARENT = """
import sys, threading
from phaseline.process.command import Command, Completed
from phaseline.process.run import run, spawn
from pathlib import Path
folder = Path(sys.argv[1])
script = "echo $$ > %s; exec sleep 60"
spawn(Command(argv=("sh", "-c", script % (folder / "detached"))), folder / "log")
run(Command(argv=("sh", "-c", script % (folder / "child"))))
"""


@pytest.mark.usefixtures("stops")
def test_stopping_ends_all_at_once_and_refuses_new_ones(tmp_path: Path) -> None:
    scripts = [POLITE, STUBBORN, STUBBORN, STUBBORN, "echo $$ > {}; exec sleep 60"]
    files = [tmp_path / str(index) for index in range(len(scripts))]
    commands = [
        Command(argv=("sh", "-c", script.format(file)))
        for script, file in zip(scripts, files, strict=True)
    ]
    with ThreadPoolExecutor(len(commands)) as pool:
        futures = [pool.submit(attempt, command) for command in commands]
        pids = [number_in(file) for file in files]
        began = time.monotonic()
        groups.stop_all()
        assert time.monotonic() - began < 5.0  # one patience for all three stubborn ones
    for future in futures:
        with pytest.raises(Interrupted):
            future.result()
    assert not any(runs(pid) for pid in pids)
    for refused in (lambda: run(Command(argv=("true",))), lambda: groups.pause(60)):
        with pytest.raises(Interrupted):
            refused()


@pytest.mark.usefixtures("stops")
def test_what_had_succeeded_is_not_called_interrupted(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    command = Command(argv=("sh", "-c", POLITE.format(file)), accept=frozenset({0, 7}))
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run, command)
        number_in(file)
        groups.stop_all()
    assert future.result().code == 7


@pytest.mark.usefixtures("stops")
def test_a_pipe_is_stopped_too(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    sides = [
        Command(argv=("sh", "-c", f"echo $$ > {file}; exec sleep 60")) for file in (first, second)
    ]
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(pipe, *sides)
        pids = [number_in(first), number_in(second)]
        groups.stop_all()
    with pytest.raises(Interrupted):
        future.result()
    assert not any(runs(pid) for pid in pids)


@pytest.mark.usefixtures("stops")
def test_no_command_slips_through_while_all_are_stopped() -> None:
    def work() -> None:
        while True:
            try:
                attempt(Command(argv=("sleep", "0.01")))
            except Interrupted:
                return

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    groups.stop_all()
    for thread in threads:
        thread.join(5.0)
    assert not any(thread.is_alive() for thread in threads)
    assert not groups._running


def test_a_scope_is_ended_without_the_commands_of_others(tmp_path: Path) -> None:
    scopes = [groups.Scope(), groups.Scope()]
    files = [tmp_path / "first", tmp_path / "second"]

    def work(scope: groups.Scope, file: Path) -> Completed:
        scope.enter()
        return attempt(Command(argv=("sh", "-c", f"echo $$ > {file}; sleep 60 & wait")))

    with ThreadPoolExecutor(2) as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, work, scope, file)
            for scope, file in zip(scopes, files, strict=True)
        ]
        pids = [number_in(file) for file in files]
        scopes[0].stop()
        with pytest.raises(Interrupted):
            futures[0].result()
        assert [runs(pid) for pid in pids] == [False, True]
        assert not groups.stopping()
        scopes[1].stop()
    assert futures[1].exception()
    assert run(Command(argv=("true",))).code == 0  # what is outside of both goes on


@pytest.mark.usefixtures("stops")
def test_a_scope_made_while_all_are_stopped_starts_nothing() -> None:
    def work() -> None:
        groups.Scope().enter()
        run(Command(argv=("true",)))

    groups.stop_all()
    with pytest.raises(Interrupted):
        contextvars.copy_context().run(work)


@pytest.mark.usefixtures("stops")
def test_a_pause_wakes_when_the_run_is_stopped() -> None:
    threading.Timer(0.1, groups.stop_all).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        groups.pause(30)
    assert time.monotonic() - began < 3.0


def test_killing_the_parent_ends_its_command_but_not_what_was_detached(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)]) as parent:
        child, detached = number_in(tmp_path / "child"), number_in(tmp_path / "detached")
        try:
            parent.send_signal(signal.SIGKILL)
            parent.wait()
            assert eventually(lambda: not runs(child))
            assert runs(detached)
        finally:
            os.kill(detached, signal.SIGKILL)


def test_a_spawned_process_leads_its_own_session_and_appends_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "out.log"
    pids = [spawn(Command(argv=("sh", "-c", "echo $$; echo err >&2; pwd")), log) for _ in range(2)]
    for process in _detached:
        process.wait()
    assert sorted(log.read_text().split()) == sorted([*map(str, pids), *["err", "/"] * 2])
    sleeper = spawn(Command(argv=("sleep", "30")), log)
    try:
        assert os.getsid(sleeper) == sleeper
    finally:
        os.kill(sleeper, signal.SIGKILL)
        _detached[-1].wait()
