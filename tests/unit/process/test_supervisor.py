from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from phaseline.process.supervisor import LOG_BYTES, RENEWED, _await_interface
from tests.unit.waiting import eventually, number_in, runs

pytestmark = pytest.mark.slow

NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces take root")
PLACES = [pytest.param((), id="outside"), pytest.param(NAMESPACE, id="inside", marks=as_root)]
Unit = dict[str, Any]


def unit(folder: Path, name: str, script: str, **more: Any) -> Unit:
    argv = ["/bin/sh", "-c", script]
    return {"name": name, "argv": argv, "log": str(folder / f"{name}.log"), **more}


def lasting(folder: Path, name: str, **more: Any) -> Unit:
    """A unit that notes each start and stays."""
    note = f"date +%s.%N >> {folder}/{name}.starts"
    return unit(folder, name, f"{note}; echo {name} says hello; exec sleep 300", **more)


class Node:
    """A supervisor that runs as a process of its own."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.process = folder, process

    @property
    def state(self) -> dict[str, Any]:
        """What it says of itself; it must be whole whenever it is there."""
        file = self.folder / "status.json"
        content: dict[str, Any] = {"phase": "", "fault": "", "units": {}}
        return json.loads(file.read_text()) if file.exists() else content

    def is_up(self) -> bool:
        units = self.state["units"].values()
        return self.state["phase"] == "running" and all(one["ready"] for one in units)

    def first(self) -> psutil.Process:
        """The supervisor itself, which may stand below `unshare`."""
        outer = psutil.Process(self.process.pid)
        return outer.children()[0] if outer.name() == "unshare" else outer

    def starts(self, name: str) -> list[float]:
        file = self.folder / f"{name}.starts"
        return [float(line) for line in file.read_text().split()] if file.exists() else []


@contextmanager
def node(
    folder: Path, units: list[Unit], place: tuple[str, ...] = (), **more: Any
) -> Iterator[Node]:
    specification = {
        "status": str(folder / "status.json"),
        "interface": "",
        "first": units[0]["name"],
        "prepare": [],
        "units": units,
        **more,
    }
    file = folder / "specification.json"
    file.write_text(json.dumps(specification))
    argv = (*place, sys.executable, "-m", "phaseline.process.supervisor", str(file))
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as process:
        found = Node(folder, process)
        try:
            yield found
        finally:
            with suppress(psutil.NoSuchProcess, IndexError):
                found.first().terminate()
            process.wait(15)


@pytest.mark.parametrize("place", PLACES)
def test_units_start_in_order_and_all_end_on_sigterm(
    place: tuple[str, ...], tmp_path: Path
) -> None:
    ready = tmp_path / "first.sock"
    # it answers only after a while, and the others must wait for that
    server = tmp_path / "server.py"
    server.write_text(
        "import socket, time\n"
        "time.sleep(0.6)\n"
        "listening = socket.socket(socket.AF_UNIX)\n"
        f"listening.bind({str(ready)!r})\n"
        "listening.listen()\n"
        "time.sleep(300)\n"
    )
    script = f"date +%s.%N >> {tmp_path}/first.starts; exec {sys.executable} {server}"
    first = unit(tmp_path, "first", script, ready=f"unix:{ready}")
    units = [
        first,
        lasting(tmp_path, "second", after=["first"]),
        lasting(tmp_path, "third", after=["first", "second"]),
    ]
    with node(tmp_path, units, place) as one:
        assert eventually(one.is_up)
        assert eventually(lambda: one.starts("second") and one.starts("third"))
        first_at, second_at, third_at = (one.starts(n)[0] for n in ("first", "second", "third"))
        assert first_at + 0.5 < second_at < third_at
        assert eventually(lambda: (tmp_path / "third.log").read_text() == "third says hello\n")
        below = one.first().children(recursive=True)
        assert len(below) == 3
        one.first().terminate()
        assert one.process.wait(6) == 0
        assert one.state["phase"] == "stopped"
    assert not any(process.is_running() and runs(process.pid) for process in below)


@pytest.mark.parametrize("place", PLACES)
def test_a_unit_that_dies_is_started_again_ever_more_slowly(
    place: tuple[str, ...], tmp_path: Path
) -> None:
    note = f"date +%s.%N >> {tmp_path}/frail.starts"
    units = [lasting(tmp_path, "steady"), unit(tmp_path, "frail", f"{note}; exit 3")]
    with node(tmp_path, units, place) as one:
        assert eventually(lambda: len(one.starts("frail")) >= 5, 10.0)
        moments = one.starts("frail")
        gaps = [after - before for before, after in itertools.pairwise(moments)]
        for gap, least in zip(gaps, (0.1, 0.2, 0.4, 0.8), strict=False):
            assert least <= gap < 2 * least + 0.5
        assert "frail ended with 3; started again after" in one.state["fault"]
        assert one.state["units"]["frail"]["restarts"] >= 4
        assert len(one.starts("steady")) == 1


def test_a_killed_unit_is_up_again_soon(tmp_path: Path) -> None:
    with node(tmp_path, [lasting(tmp_path, "one"), lasting(tmp_path, "two")]) as both:
        assert eventually(both.is_up)
        before = both.state["units"]
        os.kill(before["one"]["pid"], signal.SIGKILL)
        assert eventually(lambda: both.state["units"]["one"]["restarts"] == 1)
        assert eventually(both.is_up)
        assert both.state["units"]["one"]["pid"] != before["one"]["pid"]
        assert both.state["units"]["two"] == before["two"]
        assert both.state["fault"].startswith("one ended with -9")


@as_root
def test_orphans_are_adopted_and_collected(tmp_path: Path) -> None:
    orphans = "for i in 1 2 3 4 5 6 7 8 9; do (sh -c 'sleep 0.1; exit 1' &); done; exec sleep 300"
    long = f"(sh -c 'echo $$; exec sleep 300' > {tmp_path}/orphan &); {orphans}"
    with node(tmp_path, [unit(tmp_path, "parent", long)], NAMESPACE) as one:
        assert eventually(one.is_up)
        number_in(tmp_path / "orphan")
        first = one.first()
        # the unit and the orphan that lasts; the others are gone, not even as zombies
        assert eventually(lambda: len(first.children()) == 2)
        below = first.children()
        assert all(process.status() != psutil.STATUS_ZOMBIE for process in below)
        assert one.state["units"]["parent"]["restarts"] == 0
    assert not any(runs(process.pid) for process in below)


@as_root
def test_nothing_in_the_namespace_outlives_the_supervisor_even_by_force(tmp_path: Path) -> None:
    stubborn = f"trap '' TERM; echo $$ > {tmp_path}/inner; while true; do sleep 0.1; done"
    with node(tmp_path, [unit(tmp_path, "stubborn", stubborn)], NAMESPACE) as one:
        assert eventually(one.is_up)
        below = one.first().children(recursive=True)
        one.first().kill()
        one.process.wait(5)
    assert below
    assert eventually(lambda: not any(runs(process.pid) for process in below))


def test_a_unit_that_ignores_sigterm_does_not_hold_the_end(tmp_path: Path) -> None:
    stubborn = f"trap '' TERM; echo $$ > {tmp_path}/pid; while true; do sleep 0.1; done"
    units = [lasting(tmp_path, "first"), unit(tmp_path, "stubborn", stubborn)]
    with node(tmp_path, units) as one:
        assert eventually(one.is_up)
        number_in(tmp_path / "pid")
        below = one.first().children(recursive=True)
        began = time.monotonic()
        one.first().terminate()
        one.process.wait(8)
        assert time.monotonic() - began < 6.0
    assert not any(runs(process.pid) for process in below)


def test_outside_of_a_namespace_others_are_left_alone(tmp_path: Path) -> None:
    with (
        subprocess.Popen(["/bin/sleep", "60"]) as bystander,
        node(tmp_path, [lasting(tmp_path, "one")]) as one,
    ):
        assert eventually(one.is_up)
        one.first().terminate()
        one.process.wait(8)
        assert bystander.poll() is None
        bystander.kill()


def test_what_is_prepared_comes_first(tmp_path: Path) -> None:
    prepare = [["/bin/mkdir", str(tmp_path / "new")], ["/bin/touch", str(tmp_path / "new/file")]]
    seen = unit(tmp_path, "seen", f"ls {tmp_path}/new; exec sleep 300")
    with node(tmp_path, [seen], prepare=prepare) as one:
        assert eventually(one.is_up)
        assert eventually(lambda: (tmp_path / "seen.log").read_text() == "file\n")


@pytest.mark.parametrize("name", ["XDG_RUNTIME_DIR", "TMPDIR", "NOTIFY_SOCKET"])
def test_units_know_nothing_of_the_session_that_started_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "/run/of/the/session")
    monkeypatch.setenv("KEPT", "as it was")
    script = f"env > {tmp_path}/draft && mv {tmp_path}/draft {tmp_path}/seen; exec sleep 300"
    with node(tmp_path, [unit(tmp_path, "one", script)]):
        assert eventually((tmp_path / "seen").exists)
    seen = (tmp_path / "seen").read_text().splitlines()
    assert "KEPT=as it was" in seen
    assert not [line for line in seen if line.startswith(f"{name}=")]


@pytest.mark.parametrize(
    ("prepare", "fault"),
    [
        (["/bin/sh", "-c", "echo no room >&2; exit 7"], "exit code 7: no room"),
        (["/no/such/program"], "/no/such/program"),
    ],
)
def test_a_preparation_that_fails_is_reported_and_nothing_starts(
    prepare: list[str], fault: str, tmp_path: Path
) -> None:
    with node(tmp_path, [lasting(tmp_path, "one")], prepare=[prepare]) as one:
        assert one.process.wait(5) == 1
        assert one.state["phase"] == "failed"
        assert fault in one.state["fault"]
        assert one.starts("one") == []


def test_an_interface_that_does_not_come_is_reported() -> None:
    with pytest.raises(OSError, match="never0 did not come"):
        _await_interface("never0", 0.1)
    _await_interface("lo", 0.1)


def test_a_program_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    program = tmp_path / "late"
    late = {"name": "late", "argv": [str(program)], "log": str(tmp_path / "late.log")}
    with node(tmp_path, [lasting(tmp_path, "first"), late]) as one:
        assert eventually(lambda: "late cannot be started" in one.state["fault"])
        assert one.state["units"]["first"]["pid"]
        program.write_text("#!/bin/sh\nexec sleep 300\n")
        program.chmod(0o755)
        assert eventually(one.is_up)


def test_the_status_is_whole_at_any_time(tmp_path: Path) -> None:
    names = [f"unit-{index}" for index in range(8)]
    units = [unit(tmp_path, name, "exit 1") for name in names]
    with node(tmp_path, units) as one:
        assert eventually(lambda: one.state["phase"] == "running")
        for _ in range(2000):
            assert set(one.state["units"]) == set(names)


ANSWERS: dict[str, Callable[[socket.socket], object]] = {
    "garbled": lambda taken: taken.sendall(b"\x00\x01 what is this\r\n\r\n"),
    "closed": lambda taken: None,
    "unwell": lambda taken: taken.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_unit_that_answers_badly_is_not_ready(kind: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = threading.Event()

        def answer() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = server.accept()
                    with taken:
                        taken.recv(1000)
                        ANSWERS[kind](taken)
                        asked.set()

        threading.Thread(target=answer, daemon=True).start()
        port = server.getsockname()[1]
        units = [
            lasting(tmp_path, "talks", ready=f"http://127.0.0.1:{port}/ready"),
            lasting(tmp_path, "waits", after=["talks"]),
        ]
        with node(tmp_path, units) as one:
            assert asked.wait(5.0)
            time.sleep(0.3)
            assert one.process.poll() is None
            assert not one.state["units"]["talks"]["ready"]
            assert one.starts("waits") == []
        server.shutdown(socket.SHUT_RDWR)


class Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_readiness_is_asked_past_any_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with ThreadingHTTPServer(("127.0.0.1", 0), Well) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ready = f"http://127.0.0.1:{server.server_port}/readyz"
        with node(tmp_path, [lasting(tmp_path, "one", ready=ready)]) as one:
            assert eventually(one.is_up)
        server.shutdown()


def test_a_log_that_grows_is_kept_small(tmp_path: Path) -> None:
    line = "x" * 999
    script = f"i=0; while [ $i -lt 12000 ]; do echo {line}; i=$((i+1)); done; exec sleep 300"
    units = [unit(tmp_path, "talks", script), unit(tmp_path, "frail", "sleep 0.2; exit 1")]
    with node(tmp_path, units):
        assert eventually((tmp_path / "talks.log.1").exists, 20.0)
        assert eventually(lambda: (tmp_path / "talks.log").stat().st_size < LOG_BYTES)
        assert (tmp_path / "talks.log.1").stat().st_size <= LOG_BYTES


@pytest.mark.parametrize("place", PLACES)
def test_what_upkeep_has_renewed_is_read_anew(place: tuple[str, ...], tmp_path: Path) -> None:
    upkeep = unit(tmp_path, "upkeep", f"date +%s.%N >> {tmp_path}/upkeep.starts; exit {RENEWED}")
    stubborn = (
        f"trap '' TERM; date +%s.%N >> {tmp_path}/last.starts; while true; do sleep 0.1; done"
    )
    units = [
        lasting(tmp_path, "stays"),
        lasting(tmp_path, "first", renewable=True),
        unit(tmp_path, "last", stubborn, renewable=True, after=["first"]),
    ]
    with node(tmp_path, units, place, upkeep=upkeep) as one:
        assert eventually(one.is_up)
        assert one.starts("upkeep") == []  # it is not due at once
        one.first().send_signal(signal.SIGHUP)
        assert eventually(lambda: len(one.starts("last")) == 2, 20.0)
        assert eventually(one.is_up)
        assert len(one.starts("upkeep")) == 1
        assert len(one.starts("first")) == 2
        assert len(one.starts("stays")) == 1
        assert all(told["restarts"] == 0 for told in one.state["units"].values())
        assert one.state["fault"] == ""


def test_upkeep_that_finds_nothing_to_do_restarts_nothing(tmp_path: Path) -> None:
    upkeep = unit(tmp_path, "upkeep", f"date +%s.%N >> {tmp_path}/upkeep.starts")
    with node(tmp_path, [lasting(tmp_path, "one", renewable=True)], upkeep=upkeep) as one:
        assert eventually(one.is_up)
        for count in (1, 2):
            one.first().send_signal(signal.SIGHUP)
            assert eventually(lambda: len(one.starts("upkeep")) == count)  # noqa: B023
        assert len(one.starts("one")) == 1
