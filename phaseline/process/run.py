"""Running commands: time limits, streaming, masking, pipes, and processes that outlive us."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO

from phaseline.core.errors import CommandFailed, Interrupted, TimedOut
from phaseline.process import groups, journal
from phaseline.process.command import Command, Completed

# A grandchild may keep a pipe open when its parent has ended; we do not wait for it.
_LINGER = 2.0
_PRODUCER_GRACE = 10.0
_detached: list[subprocess.Popen[bytes]] = []  # kept, or collecting one would warn


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
    _require(completed, str(command))
    return completed


def attempt(command: Command, on_line: Callable[[str], None] | None = None) -> Completed:
    """Like `run`, but every exit code is an answer."""
    began = time.monotonic()
    with groups.started(command) as process:
        streams = _Streams(command, process, on_line)
        try:
            groups.wait(process, command.timeout)
        except subprocess.TimeoutExpired:
            groups.end(process, command.stop)
            seen = streams.text("stderr") if command.data else streams.text("stderr", "stdout")
            raise _too_long(command, str(command), seen) from None
    return _completed(command, process, streams, began)


def pipe(producer: Command, consumer: Command) -> Completed:
    """Run `producer | consumer` and return how the consumer ended; both must succeed.

    Both have the consumer's time limit.

    Raises:
        CommandFailed, TimedOut, ToolMissing: as `run`, for whichever is at fault.
    """
    began, line = time.monotonic(), f"{producer} | {consumer}"
    groups.resolve(consumer)  # before anything is produced for it
    with groups.started(producer) as source:
        assert source.stdout
        with source.stdout as between, groups.started(consumer, stdin=between) as sink:
            between.close()  # ours; else the producer would not notice that its reader has ended
            faults = _Streams(producer, source, names=("stderr",))
            streams = _Streams(consumer, sink)
            try:
                groups.wait(sink, consumer.timeout)
            except subprocess.TimeoutExpired:
                groups.end(sink, consumer.stop)
                seen = streams.text("stderr", "stdout") or faults.text("stderr")
                raise _too_long(consumer, line, seen) from None
        try:
            groups.wait(source, _PRODUCER_GRACE)
        except subprocess.TimeoutExpired:
            groups.end(source, producer.stop)
            raise _too_long(producer, line, faults.text("stderr")) from None
    made = _completed(producer, source, faults, began)
    taken = _completed(consumer, sink, streams, began)
    # a producer that lost its reader is not at fault
    lost = made.code in (-signal.SIGPIPE, 128 + signal.SIGPIPE)
    for completed in (taken, made) if lost else (made, taken):
        _require(completed, line)
    return taken


def spawn(command: Command, log: Path) -> int:
    """Start a process that outlives us, in a session of its own, its output appended to `log`.

    Returns:
        its process ID.
    """
    program = groups.resolve(command)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            (program, *command.argv[1:]),
            cwd=command.cwd or "/",
            env=groups.environment(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _detached[:] = [one for one in _detached if one.poll() is None] + [process]
    return process.pid


class _Streams:
    """The pipes of one process, each served by a thread: input fed, outputs kept line by line."""

    def __init__(
        self,
        command: Command,
        process: subprocess.Popen[bytes],
        on_line: Callable[[str], None] | None = None,
        names: Iterable[str] = ("stdout", "stderr"),
    ) -> None:
        self._command, self._on_line = command, on_line
        self._listener = journal.current()
        self._kept: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._readers = [
            _thread(self._drain, getattr(process, name), self._kept[name]) for name in names
        ]
        if command.stdin is not None and process.stdin:
            _thread(_feed, process.stdin, command.stdin)

    @cached_property
    def _deadline(self) -> float:
        return time.monotonic() + _LINGER  # from when the first is asked for

    def text(self, *names: str) -> str:
        """What was printed to the first of `names` that has anything; waits for the last lines."""
        for reader in self._readers:
            reader.join(max(0.0, self._deadline - time.monotonic()))
        return next((text for name in names if (text := "".join(self._kept[name]))), "")

    def _drain(self, stream: IO[bytes], kept: list[str]) -> None:
        quiet = self._command.data and kept is self._kept["stdout"]
        with stream:
            for raw in stream:
                text = raw.decode(errors="replace")
                kept.append(text)
                if quiet:
                    continue
                line = self._command.masked(text.rstrip("\n"))
                self._listener.line(line)
                if self._on_line:
                    self._on_line(line)


def _feed(stream: IO[bytes], content: bytes) -> None:
    with suppress(BrokenPipeError), stream:  # it ended without reading: its exit code says why
        stream.write(content)


def _thread(work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def _completed(
    command: Command, process: subprocess.Popen[bytes], streams: _Streams, began: float
) -> Completed:
    completed = Completed(
        command=command,
        code=process.returncode,
        stdout=streams.text("stdout"),
        stderr=streams.text("stderr"),
        seconds=time.monotonic() - began,
    )
    journal.current().command(completed)
    if groups.stopping() and completed.code not in command.accept:
        raise Interrupted(f"`{command.argv[0]}` was stopped")
    return completed


def _require(completed: Completed, line: str) -> None:
    command = completed.command
    if completed.code not in command.accept:
        raise CommandFailed(
            f"`{command.argv[0].rpartition('/')[2]}` ended with exit code {completed.code}",
            why=completed.tail or "it printed nothing",
            fix=f"run it by hand: {line}",
        )


def _too_long(command: Command, line: str, seen: str) -> TimedOut:
    return TimedOut(
        f"`{command.argv[0].rpartition('/')[2]}` took longer than {command.timeout:g} s "
        "and was ended",
        why=command.masked(seen)[-600:].strip(),
        fix=f"run it by hand: {line}",
    )
