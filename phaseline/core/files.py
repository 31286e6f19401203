"""Files that are whole or absent: atomic writes, digests, locks that name their holder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from phaseline.core.errors import LockHeld

_SUFFIX = ".draft"
_DRAFT = re.compile(r"\..+\.[a-z0-9_]{8}\.draft")


def write_atomic(path: Path, content: str | bytes, *, mode: int = 0o644) -> Path:
    """Write `content` so that `path` is, at any instant, the old file or the new one.

    The temporary file lies in the same folder, is fsynced, and renamed over `path`; then the
    folder is fsynced, so that the name survives a power cut too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return path


def remove_drafts(folder: Path) -> None:
    """Remove what killed writers have left in `folder`; nobody may be writing there now."""
    for path in folder.glob(f".*{_SUFFIX}"):
        if _DRAFT.fullmatch(path.name) and not path.is_dir():
            path.unlink(missing_ok=True)


def write_json(path: Path, value: Any, *, mode: int = 0o644) -> Path:
    """Write `value` as sorted, indented JSON, atomically."""
    return write_atomic(path, json.dumps(value, indent=2, sort_keys=True) + "\n", mode=mode)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest_text(*parts: str) -> str:
    """sha256 over length-prefixed parts, as hex: ("ab", "c") and ("a", "bc") differ."""
    joined = "".join([f"{len(part)}:{part}" for part in parts])
    if joined.isascii():  # a character is a byte
        return hashlib.sha256(joined.encode()).hexdigest()
    texts = [part.encode(errors="surrogateescape") for part in parts]  # names may be any bytes
    return hashlib.sha256(b"".join([b"%d:%b" % (len(text), text) for text in texts])).hexdigest()


def digest_file(path: Path) -> str:
    """sha256 of one path as hex: kind, whether it is executable, and content.

    The other permission bits are left out: they follow the umask of whoever made the checkout. Of a
    symbolic link both count: where it points, and the file that is found there.
    """
    if path.is_symlink():
        return digest_link(path, digest_file)
    return digest_content(digest_sha256(path), path.stat().st_mode)


def digest_content(content: str, mode: int) -> str:
    """What `digest_file` makes of a file with the sha256 `content` and the mode `mode`."""
    return digest_text("file", "x" if mode & 0o111 else "-", content)


def digest_link(path: Path, of_file: Callable[[Path], str]) -> str:
    """What `digest_file` makes of a symbolic link; `of_file` is asked for what it leads to."""
    found = path.resolve() if path.is_file() else None
    return digest_text("link", str(path.readlink()), of_file(found) if found else "no file")


def digest_sha256(path: Path) -> str:
    """Plain sha256 of a file's bytes as hex, the form that release sites publish."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def locked(
    path: Path,
    purpose: str,
    *,
    wait_seconds: float = 0.0,
    waiting: Callable[[str], None] = lambda holder: None,
) -> Iterator[bool]:
    """Hold the advisory lock `path` (flock), with our process and purpose written in it.

    The kernel releases it when the process dies, `kill -9` included, so it is never stale. Given is
    whether the holder before was cut off: then it could not take its name out.

    Args:
        purpose: what the holder is doing, for whoever has to wait.
        wait_seconds: how long to wait; 0 refuses at once.
        waiting: told the holder, once a second, while waiting.

    Raises:
        LockHeld: it is still held by another process when the time is up.
    """
    with _acquired(path, wait_seconds, waiting) as stream:
        stream.seek(0)
        cut_off = bool(stream.read(1))
        stream.truncate(0)
        stream.write(json.dumps({"pid": os.getpid(), "purpose": purpose, "since": time.time()}))
        stream.flush()
        try:
            yield cut_off
        finally:
            stream.truncate(0)


def _acquired(path: Path, wait_seconds: float, waiting: Callable[[str], None]) -> IO[str]:
    deadline = time.monotonic() + wait_seconds
    while True:
        if stream := _try(path):
            return stream
        holder = _holder(path)
        if time.monotonic() >= deadline:
            raise LockHeld(
                f"another run is at work: {holder}",
                why=f"it holds the lock {path}",
                fix="wait for it, or end that process",
            )
        waiting(holder)
        time.sleep(min(1.0, max(0.05, deadline - time.monotonic())))


def _try(path: Path) -> IO[str] | None:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            return None
        # removed since we opened it, with its folder: the next one would lock another file
        if _is(path, stream):
            return stream
        stream.close()


def _is(path: Path, stream: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        owner = json.loads(path.read_text())
        age = time.time() - owner["since"]
        return f"process {owner['pid']} ({owner['purpose']}, for {age:.0f} s)"
    except (FileNotFoundError, ValueError, KeyError):
        return "a process that has just taken it"
