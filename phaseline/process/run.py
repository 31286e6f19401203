"""Running commands: time limits, process groups, streaming, masking, and an end to all of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from phaseline.core.errors import CommandFailed, Interrupted, TimedOut, ToolMissing
from phaseline.process import journal
from phaseline.process.command import Command, Completed

# setpriv (util-linux) makes the kernel end the child when we die, even by kill -9.
_LEASH = ("setpriv", "--pdeathsig", "KILL", "--")

_running: set[subprocess.Popen[bytes]] = set()
_detached: list[subprocess.Popen[bytes]] = []  # kept, or collecting one would warn
_guard = threading.Lock()
_stopping = threading.Event()


def run(command: Command, on_line: Callable[[str], None] | None = None) -> Completed:
    """Run `command` to its end and return how it ended.

    Args:
        on_line: told each line of either output, masked, as it comes.

    Raises:
        ToolMissing: the program is not there.
        CommandFailed: its exit code is not accepted; the message carries its last lines.
        TimedOut: it took longer than its limit; its process group was ended.
        Interrupted: the run is being stopped.
    """
    completed = attempt(command, on_line)
    if completed.code not in command.accept:
        raise CommandFailed(
            f"`{command.argv[0].rpartition('/')[2]}` ended with exit code {completed.code}",
            why=completed.tail or "it printed nothing",
            fix=f"run it by hand: {command}",
        )
    return completed


def attempt(command: Command, on_line: Callable[[str], None] | None = None) -> Completed:
    """Like `run`, but every exit code is an answer."""
    listener = journal.current()
    started = time.monotonic()
    process = _start(command)
    outputs: dict[str, list[str]] = {"stdout": [], "stderr": []}

    def drain(stream: IO[bytes], name: str) -> None:
        with stream:
            for raw in stream:
                text = raw.decode(errors="replace")
                outputs[name].append(text)
                line = command.masked(text.rstrip("\n"))
                listener.line(line)
                if on_line:
                    on_line(line)

    assert process.stdout
    assert process.stderr
    readers = [
        threading.Thread(target=drain, args=(process.stdout, "stdout"), daemon=True),
        threading.Thread(target=drain, args=(process.stderr, "stderr"), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        _feed(process, command.stdin)
        code = process.wait(command.timeout)
    except subprocess.TimeoutExpired:
        _end(process, command.stop)
        raise TimedOut(
            f"`{command.argv[0]}` took longer than {command.timeout:.0f} s and was ended",
            why="".join(outputs["stderr"] or outputs["stdout"])[-600:].strip(),
            fix=f"run it by hand: {command}",
        ) from None
    finally:
        with _guard:
            _running.discard(process)
    for reader in readers:
        reader.join(2.0)  # a grandchild may keep the pipe open: its parent has ended, we go on
    completed = Completed(
        command=command,
        code=code,
        stdout="".join(outputs["stdout"]),
        stderr="".join(outputs["stderr"]),
        seconds=time.monotonic() - started,
    )
    listener.command(completed)
    if _stopping.is_set() and code < 0:
        raise Interrupted(f"`{command.argv[0]}` was stopped")
    return completed


def pipe(producer: Command, consumer: Command) -> Completed:
    """Run `producer | consumer` and return how the consumer ended; both must succeed.

    Raises:
        CommandFailed, TimedOut, ToolMissing: as `run`, for whichever is at fault.
    """
    source = _start(producer)
    assert source.stdout
    try:
        sink = _start(consumer, stdin=source.stdout)
        source.stdout.close()
        try:
            out, err = sink.communicate(timeout=consumer.timeout)
            code, faults = source.wait(10.0), source.stderr.read() if source.stderr else b""
        except subprocess.TimeoutExpired:
            _end(sink, consumer.stop)
            raise TimedOut(f"`{consumer}` took longer than {consumer.timeout:.0f} s") from None
    finally:
        _end(source, producer.stop)
    for command, result, text in ((producer, code, faults), (consumer, sink.returncode, out + err)):
        if result not in command.accept:
            raise CommandFailed(
                f"`{command.argv[0]}` ended with exit code {result}",
                why=command.masked(text.decode(errors="replace").strip()[-1500:]),
                fix=f"run it by hand: {producer} | {consumer}",
            )
    return Completed(
        command=consumer, code=0, stdout=out.decode(), stderr=err.decode(), seconds=0.0
    )


def spawn(command: Command, log: Path) -> int:
    """Start a process that outlives us, in a session of its own, its output appended to `log`.

    Returns:
        its process ID.
    """
    program = _resolve(command)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            (program, *command.argv[1:]),
            cwd=command.cwd or "/",
            env=_environment(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _detached.append(process)
    return process.pid


def stop_all() -> None:
    """End every command that runs now and refuse new ones: what Ctrl-C does."""
    _stopping.set()
    with _guard:
        processes = list(_running)
    for process in processes:
        _signal(process, signal.SIGTERM)
    for process in processes:
        _end(process, 3.0)


def reset() -> None:
    """Allow commands again after `stop_all`; for a process that runs more than once."""
    _stopping.clear()


def stopping() -> bool:
    """Whether `stop_all` was called: waits that run no command ask this."""
    return _stopping.is_set()


def pause(seconds: float) -> None:
    """Sleep, but wake at once when the run is stopped.

    Raises:
        Interrupted: the run is being stopped.
    """
    if _stopping.wait(seconds):
        raise Interrupted("the run was stopped")


def _resolve(command: Command) -> str:
    program = shutil.which(command.argv[0], path=_environment(command).get("PATH"))
    if program is None:
        raise ToolMissing(f"`{command.argv[0]}` is not there", fix="run `invoke doctor`")
    return program


def _environment(command: Command) -> dict[str, str]:
    merged = {**os.environ, **command.env}
    return {name: value for name, value in merged.items() if value is not None}


def _start(command: Command, stdin: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    if _stopping.is_set():
        raise Interrupted(f"`{command.argv[0]}` was not started: the run is being stopped")
    leash = _LEASH if shutil.which(_LEASH[0]) else ()
    given = stdin or (subprocess.PIPE if command.stdin is not None else subprocess.DEVNULL)
    process = subprocess.Popen(
        (*leash, _resolve(command), *command.argv[1:]),
        cwd=command.cwd,
        env=_environment(command),
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with _guard:
        _running.add(process)
    return process


def _feed(process: subprocess.Popen[bytes], content: bytes | None) -> None:
    if content is not None and process.stdin:
        with suppress(BrokenPipeError):  # it ended without reading: its exit code says why
            process.stdin.write(content)
            process.stdin.close()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    _signal(process, signal.SIGKILL)
    process.wait()
    with _guard:
        _running.discard(process)
