"""The file that a chain of envelopes lies in: `<state>/evidence/chain.intoto.jsonl`.

It is an in-toto bundle, JSON lines with a DSSE envelope each, and only ever appended to. The nth
line is the nth of the chain. A last line without its end was cut off before anybody was told that
it is kept: it counts for nothing, and is cut when the next ones are written.

Format: https://github.com/in-toto/attestation/blob/main/spec/v1/bundle.md. Versions before had a
file for each envelope, `<7 digits>-<step>.json`, with the same bytes: these are taken over.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from phaseline.core.files import sync_folder, write_atomic

NAME = "chain.intoto.jsonl"
_OLD = re.compile(r"\d{7}-.+\.json")

# Makes the line with this number, after the line with this digest.
Maker = Callable[[int, str], bytes]


class Bundle:
    """One such file, to be appended to. Several threads and processes may do so at once."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._guard = threading.Lock()
        self._seen: tuple[int, ...] = ()  # of the file that the next two were read from
        self._count, self._head = 0, ""

    def extend(self, makers: Iterable[Maker]) -> None:
        """Append the line that each of `makers` makes, in this order: on disk when this returns."""
        with self._guard, _alone(folder(self._state)):
            if not self._seen:
                _take_over(self._state)
            with place(self._state).open("ab", buffering=0) as stream:
                self._catch_up(stream.fileno())
                self._append(stream.fileno(), makers)

    def _catch_up(self, handle: int) -> None:
        if _stamp(handle) != self._seen:
            whole = lines(self._state)
            os.ftruncate(handle, sum(map(len, whole)))
            self._count, self._head = len(whole), digest(whole[-1]) if whole else ""

    def _append(self, handle: int, makers: Iterable[Maker]) -> None:
        made, count, head = list[bytes](), self._count, self._head
        for count, make in enumerate(makers, start=self._count + 1):
            made.append(make(count, head))
            head = digest(made[-1])
        self._seen = ()  # if writing fails, what is in the file counts
        content = b"".join(made)
        if os.write(handle, content) != len(content):
            raise OSError(f"{place(self._state)} cannot take more")
        os.fsync(handle)
        if not self._count:
            sync_folder(folder(self._state))
        self._count, self._head, self._seen = count, head, _stamp(handle)


def folder(state: Path) -> Path:
    """Where the evidence of a workspace lies."""
    return state / "evidence"


def place(state: Path) -> Path:
    """The file that holds the chain."""
    return folder(state) / NAME


def files(state: Path) -> list[Path]:
    """The files that hold the chain, in order; none while there is no evidence."""
    return [place(state)] if place(state).exists() else _old(state)


def foreign(state: Path) -> list[str]:
    """The names of what lies beside the chain and is no part of it."""
    names = [one.name for one in folder(state).glob("*")]
    return sorted(one for one in names if one != NAME and one[0] != "." and not _OLD.fullmatch(one))


def lines(state: Path) -> list[bytes]:
    """The envelopes, in order: each a line with its end. One that was cut off is left out."""
    content = b"".join(path.read_bytes() for path in files(state))
    return [line + b"\n" for line in content.split(b"\n")[:-1]]


def is_cut_off(state: Path) -> bool:
    """Whether a line without its end follows the last whole one."""
    found = files(state)
    return bool(found) and found[-1].read_bytes()[-1:] not in (b"", b"\n")


def last(state: Path) -> bytes:
    """The last whole line, without reading those before it; empty where there is none."""
    found = files(state)
    if not found or not found[-1].stat().st_size:
        return b""
    with (
        found[-1].open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        end = content.rfind(b"\n") + 1
        return content[content.rfind(b"\n", 0, max(0, end - 1)) + 1 : end]


def digest(line: bytes) -> str:
    """`sha256:…` of a line with its end, the form in which a chain and its head name it."""
    return f"sha256:{hashlib.sha256(line).hexdigest()}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, in which files come and go."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _old(state: Path) -> list[Path]:
    return sorted(one for one in folder(state).glob("*.json") if _OLD.fullmatch(one.name))


def _take_over(state: Path) -> None:
    """Make one file of what an earlier version has left; the chain and its head stay the same."""
    if old := _old(state):
        if not place(state).exists():
            write_atomic(place(state), b"".join(path.read_bytes() for path in old))
        for path in old:
            path.unlink()


def _stamp(handle: int) -> tuple[int, ...]:
    status = os.fstat(handle)
    return status.st_ino, status.st_size
