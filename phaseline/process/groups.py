"""Process groups: each command is the head of one. All of them can be ended together, or those of
one scope, which is what the engine gives to each step.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import IO, TYPE_CHECKING
from weakref import WeakSet

from phaseline.core.errors import CommandFailed, Interrupted, ToolMissing

if TYPE_CHECKING:
    from phaseline.process.command import Command

# setpriv (util-linux) makes the kernel end the child when we die, even by kill -9.
_LEASH = ("setpriv", "--pdeathsig", "KILL", "--")
_STOP_PATIENCE = 3.0


_guard = threading.Lock()
_stopping = threading.Event()  # of all that runs
_scopes: WeakSet[threading.Event] = WeakSet()  # the same for the commands of one scope each
_running: dict[subprocess.Popen[bytes], threading.Event] = {}
_over: ContextVar[threading.Event] = ContextVar("over", default=_stopping)


class Scope:
    """The commands of one step, which can be ended without those of others."""

    def __init__(self) -> None:
        self._over = threading.Event()
        with _guard:
            _scopes.add(self._over)
            if _stopping.is_set():
                self._over.set()

    def enter(self) -> None:
        """What this thread's context starts from now on belongs to this scope."""
        _over.set(self._over)

    def stop(self) -> None:
        """End the commands of this scope and refuse new ones."""
        _stop([self._over])


@contextmanager
def started(command: Command, stdin: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` with its outputs as pipes; however we leave, its group does not stay behind.

    Raises:
        ToolMissing: the program is not there.
        CommandFailed: it cannot be started, as when its folder is not there.
        Interrupted: the run is being stopped.
    """
    process = _start(command, stdin)
    try:
        yield process
    finally:
        if process.poll() is None:
            end(process, command.stop)
        with _guard:
            _running.pop(process, None)


def _start(command: Command, stdin: IO[bytes] | None) -> subprocess.Popen[bytes]:
    leash = _LEASH if shutil.which(_LEASH[0]) else ()
    program = resolve(command)
    given = stdin or (subprocess.PIPE if command.stdin is not None else subprocess.DEVNULL)
    over = _over.get()
    with _guard:  # so that who stops us sees it, or it sees that we are stopping
        if over.is_set():
            raise Interrupted(f"`{command.argv[0]}` was not started: the run is being stopped")
        try:
            process = subprocess.Popen(
                (*leash, program, *command.argv[1:]),
                cwd=command.cwd,
                env=environment(command),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(
                f"`{command.argv[0]}` cannot be started", why=command.masked(str(error))
            ) from error
        _running[process] = over
    return process


def resolve(command: Command) -> str:
    """The path of a command's program.

    Raises:
        ToolMissing: it is not there.
    """
    program = shutil.which(command.argv[0], path=environment(command).get("PATH"))
    if program is None:
        raise ToolMissing(f"`{command.argv[0]}` is not there", fix="run `invoke doctor`")
    return program


def environment(command: Command) -> dict[str, str]:
    """Our own environment with the command's laid over it."""
    merged = {**os.environ, **command.env}
    return {name: value for name, value in merged.items() if value is not None}


def wait(process: subprocess.Popen[bytes], limit: float) -> int:
    """Wait for the end of `process` and return its exit code; wakes at once, unlike Popen.wait.

    Raises:
        subprocess.TimeoutExpired: it has not ended within `limit` seconds.
    """
    if process.poll() is None:
        descriptor = os.pidfd_open(process.pid)
        try:
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            if not poller.poll(limit * 1000):
                raise subprocess.TimeoutExpired(process.args, limit)
        finally:
            os.close(descriptor)
    return process.wait()


def end(process: subprocess.Popen[bytes], patience: float) -> None:
    """End a process and its whole group: SIGTERM, after `patience` seconds SIGKILL."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    _signal(process, signal.SIGKILL)
    process.wait()


def stop_all() -> None:
    """End every command that runs now and refuse new ones: what Ctrl-C does."""
    with _guard:
        _stopping.set()  # before the scopes are listed: what comes later is born over
        scopes = [_stopping, *_scopes]
    _stop(scopes)


def _stop(scopes: list[threading.Event]) -> None:
    with _guard:
        for over in scopes:
            over.set()
        processes = [process for process, over in _running.items() if over in scopes]
    for process in processes:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_PATIENCE  # one for all, however many they are
    for process in processes:
        end(process, max(0.0, deadline - time.monotonic()))


def reset() -> None:
    """Allow commands again after `stop_all`; for a process that runs more than once."""
    _stopping.clear()


def stopping() -> bool:
    """Whether our scope, or everything, is being stopped: waits that run no command ask this."""
    return _over.get().is_set()


def pause(seconds: float) -> None:
    """Sleep, but wake at once when our scope, or everything, is stopped.

    Raises:
        Interrupted: it is being stopped.
    """
    if _over.get().wait(seconds):
        raise Interrupted("the run was stopped")


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
