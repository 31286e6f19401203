"""The first process of a node's namespaces: starts its processes in order, restarts, reaps, stops.

Run as `python -m phaseline.process.supervisor SPEC` by `unshare --pid --fork`, so it is process 1
there: when it ends, the kernel ends everything in the namespace. It needs nothing but the standard
library at run time, and sleeps in one system call while nothing happens. Started elsewhere, it
ends its own units only.

The specification is JSON, see `Specification`; the state is written to `status` after each change.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phaseline.process.answers import answers
from phaseline.process.rotation import rotate

SLOWEST_RESTART = 5.0
STEADY_AFTER = 20.0
SHUTDOWN_PATIENCE = 4.0
RENEWAL_PATIENCE = 10.0
UPKEEP_EVERY = 12 * 3600.0
RENEWED = 3  # the exit code by which upkeep says that what units read has changed
LOG_BYTES = 8 * 2**20
# of the login or service that started us: they name sockets and folders that the units outlive,
# or that a private /run covers
_SESSION = (
    "XDG_RUNTIME_DIR",
    "TMPDIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "NOTIFY_SOCKET",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One supervised process.

    Attributes:
        after: names of units that must be ready before this one starts.
        ready: `https://…` (answers 200), `unix:/path` (accepts), or "" (ready once started).
        renewable: started again when upkeep has renewed what it reads at its start.
    """

    name: str
    argv: list[str]
    log: str
    after: list[str] = field(default_factory=list)
    ready: str = ""
    env: dict[str, str] = field(default_factory=dict)
    renewable: bool = False


@dataclass(frozen=True, kw_only=True)
class Specification:
    """What the supervisor is told: commands that prepare the node, then units to keep alive.

    Attributes:
        interface: a network interface that the host moves in; waited for before `prepare`.
        first: the unit that is ended first at shutdown, lest it restart what we end.
        upkeep: a program that ends by itself, run twice a day and at each SIGHUP.
    """

    status: str
    interface: str
    first: str
    prepare: list[list[str]]
    units: list[Unit]
    upkeep: Unit | None = None

    @classmethod
    def read(cls, path: Path) -> Specification:
        """Load a specification from a JSON file."""
        content: dict[str, Any] = json.loads(path.read_text())
        upkeep = Unit(**content["upkeep"]) if content.get("upkeep") else None
        units = [Unit(**unit) for unit in content["units"]]
        return cls(**{**content, "units": units, "upkeep": upkeep})


@dataclass
class _Living:
    unit: Unit
    pid: int = 0
    started: float = 0.0
    restarts: int = 0
    due: float = 0.0
    ready: bool = False
    renewing: bool = False  # told to end, to be started again at once; until `due` at most


class Supervisor:
    """Keeps the units of one specification alive until it is told to stop."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification
        self.living = {unit.name: _Living(unit) for unit in specification.units}
        self.phase = "preparing"
        self.fault = ""
        self.upkeep = 0  # its process, while it works
        self.upkeep_due = time.monotonic() + UPKEEP_EVERY

    def run(self) -> int:
        """Prepare, start, and watch until SIGTERM. Returns the exit code."""
        awaited = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
        # what is prepared may cover the path of the status; a folder that we stand in stays
        os.chdir(Path(self.specification.status).parent)
        self.report()
        try:
            _await_interface(self.specification.interface, 10.0)
            for argv in self.specification.prepare:
                _prepare(argv)
        except (OSError, subprocess.SubprocessError) as error:
            self.phase, self.fault = "failed", str(error)
            self.report()
            return 1
        self.phase = "running"
        self.report()
        while not self._told_to_stop(awaited):
            if self.reap() | self.start_due() | self.probe():
                self.report()
            self.keep_up()
        self.shut_down()
        return 0

    def _told_to_stop(self, awaited: set[signal.Signals]) -> bool:
        unsettled = any(not one.ready for one in self.living.values())
        told = signal.sigtimedwait(awaited, 0.05 if unsettled else 60.0)
        number = told.si_signo if told else signal.SIGCHLD
        if number == signal.SIGHUP:
            self.upkeep_due = 0.0
        return number in (signal.SIGTERM, signal.SIGINT)

    def keep_up(self) -> None:
        """Keep the logs small, and start the upkeep when it is due and all units are up."""
        upkeep = self.specification.upkeep
        for unit in [*self.specification.units, *([upkeep] if upkeep else [])]:
            rotate(Path(unit.log), LOG_BYTES)
        settled = all(one.ready for one in self.living.values())
        if upkeep and not self.upkeep and settled and time.monotonic() >= self.upkeep_due:
            self.upkeep_due = time.monotonic() + UPKEEP_EVERY
            with suppress(OSError):  # a program that is not there may be when it is due again
                self.upkeep = _start(upkeep)

    def reap(self) -> bool:
        """Collect every child that has ended, adopted ones too; plan restarts of our own."""
        changed = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return changed
            if pid == 0:
                return changed
            code = os.waitstatus_to_exitcode(status)
            if pid == self.upkeep:
                self.upkeep = 0
                changed |= code == RENEWED and self._renew()
            for one in self.living.values():
                if one.pid == pid:
                    self._ended(one, code)
                    changed = True

    def _renew(self) -> bool:
        """Have the units that read what was renewed start again, each after its predecessors."""
        for one in self.living.values():
            if one.unit.renewable and one.pid:
                one.ready, one.renewing = False, True
                one.due = time.monotonic() + RENEWAL_PATIENCE
                with suppress(ProcessLookupError):
                    os.kill(one.pid, signal.SIGTERM)
        return True

    def _ended(self, one: _Living, code: int) -> None:
        if one.renewing:
            one.pid, one.renewing, one.due = 0, False, 0.0
        else:
            self._plan_restart(one, f"ended with {code}")

    def _plan_restart(self, one: _Living, fault: str) -> None:
        steady = time.monotonic() - one.started > STEADY_AFTER
        one.restarts = 1 if steady else one.restarts + 1
        delay = min(SLOWEST_RESTART, 0.1 * 2 ** (one.restarts - 1))
        one.pid, one.ready, one.due = 0, False, time.monotonic() + delay
        self.fault = f"{one.unit.name} {fault}; started again after {delay:.1f} s"

    def start_due(self) -> bool:
        """Start each unit that is down, due, and whose predecessors are ready."""
        changed = False
        for one in self.living.values():
            waits = any(not self.living[name].ready for name in one.unit.after)
            if one.renewing and time.monotonic() >= one.due:
                with suppress(ProcessLookupError):
                    os.kill(one.pid, signal.SIGKILL)
            if not one.pid and not waits and time.monotonic() >= one.due:
                self._start(one)
                changed = True
        return changed

    def _start(self, one: _Living) -> None:
        one.started = time.monotonic()
        try:
            one.pid = _start(one.unit)
        except OSError as error:  # a program or log folder that is not there may come later
            self._plan_restart(one, f"cannot be started: {error}")

    def probe(self) -> bool:
        """Ask the units that are up but not yet ready."""
        changed = False
        for one in self.living.values():
            if one.pid and not one.ready and not one.renewing and answers(one.unit.ready):
                one.ready = changed = True
        return changed

    def shut_down(self) -> None:
        """End the unit that would restart things, then everything in the namespace."""
        self.phase = "stopping"
        self.report()
        first = self.living[self.specification.first].pid
        if first:
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
        self._signal_all(signal.SIGTERM)
        _drain(SHUTDOWN_PATIENCE)
        self._signal_all(signal.SIGKILL)
        _drain(1.0)
        self.phase = "stopped"
        self.report()

    def _signal_all(self, number: signal.Signals) -> None:
        groups = [pid for pid in (self.upkeep, *(x.pid for x in self.living.values())) if pid]
        for target in [-1] if os.getpid() == 1 else [-group for group in groups]:
            with suppress(ProcessLookupError):
                os.kill(target, number)

    def report(self) -> None:
        """Write the state for whoever asks; a rename, so that a reader sees a whole one."""
        state = {
            "version": 1,
            "phase": self.phase,
            "fault": self.fault,
            "units": {
                name: {"pid": one.pid, "ready": one.ready, "restarts": one.restarts}
                for name, one in self.living.items()
            },
        }
        target = Path(Path(self.specification.status).name)  # see run: it is our folder
        draft = target.with_suffix(".new")
        draft.write_text(json.dumps(state, indent=2))
        draft.replace(target)


def _await_interface(name: str, limit: float) -> None:
    deadline = time.monotonic() + limit
    while name and name not in {entry[1] for entry in socket.if_nameindex()}:
        if time.monotonic() > deadline:
            raise OSError(f"the network interface {name} did not come within {limit:.0f} s")
        time.sleep(0.01)


def _prepare(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(argv)}: exit code {done.returncode}: {done.stderr.strip()}")


def _start(unit: Unit) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        unit.argv[0],
        unit.argv,
        {**_lasting_environment(), **unit.env},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, unit.log, flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE],
    )


def _lasting_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _SESSION}


def _drain(patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)
        except ChildProcessError:
            return


if __name__ == "__main__":
    raise SystemExit(Supervisor(Specification.read(Path(sys.argv[1]))).run())
