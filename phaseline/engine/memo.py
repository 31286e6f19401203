"""Digests of files that are known not to have changed since they were last read.

A digest is kept with what the kernel says of the file: device, inode, size, mtime and ctime. It is
kept only if each later change must show there:

- The last change lies before the reading by more than the clock's granularity, or another one
  could carry the same time. A time in the future (the clock went back) never does.
- Nobody has the file open for writing: a page that is mapped and dirty takes further writes without
  a new ctime. The kernel grants a read lease only then.

`.phaseline/hashes` holds them: a line with version and checksum, then one JSON object.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import stat
import time
import zlib
from functools import lru_cache
from pathlib import Path

from phaseline.core import fast_json
from phaseline.core.files import digest_content, digest_link, write_atomic

VERSION = 2
_NAME = "hashes"
_GRANULARITY = 20_000_000  # ns; the kernel stamps files with the time of its last tick
_COARSE = 2_000_000_000  # ns; of file systems that keep no fractions of a second
_SPARE = 1000  # entries of files that this run did not meet
_BLOCK = 1 << 18
_MOST = 100_000

_plain: dict[str, str] = {}  # sha256 of the bytes alone, by the digest, of files that were read


class Memo:
    """The digests of one workspace. Several threads may ask."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._known = _load(place)
        self._met: set[str] = set()
        self._changed = False

    def digest(self, name: str, path: str, status: os.stat_result) -> str:
        """As `core.files.digest_file`.

        Args:
            name: what it is kept under; `status`: what `os.lstat(path)` says now.

        Raises:
            OSError: it is gone, or may not be read.
        """
        if stat.S_ISLNK(status.st_mode):
            return digest_link(Path(path), lambda at: self.digest(name, str(at), at.stat()))
        self._met.add(name)
        known = self._known.get(name)
        if known is not None and known.startswith(_stamp(status)):
            return known[-64:]
        return self._read(name, path)

    def forget(self) -> None:
        """Read every file again."""
        self._known.clear()
        self._changed = True

    def save(self) -> None:
        """Write them down, if there is anything new."""
        if not self._changed:
            return
        if len(self._known) > 2 * len(self._met) + _SPARE:
            self._known = {
                name: one for name, one in list(self._known.items()) if name in self._met
            }
        text = json.dumps(self._known).encode()
        head = json.dumps({"version": VERSION, "sum": zlib.crc32(text)}).encode()
        write_atomic(self._place, head + b"\n" + text)
        self._changed = False

    def _read(self, name: str, path: str) -> str:
        now = time.time_ns()
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            status = os.fstat(handle)
            lasting = _settled(status, now) and _unwritten(handle)
            content, most = hashlib.sha256(), min(status.st_size + 1, _BLOCK)
            while len(block := os.read(handle, most)) == most:
                content.update(block)
            content.update(block)  # a file that gives less has no more
            lasting = lasting and _stamp(os.fstat(handle)) == _stamp(status)
        finally:
            os.close(handle)
        plain = content.hexdigest()
        digest = digest_content(plain, status.st_mode)
        if len(_plain) >= _MOST:
            _plain.clear()
        _plain[digest] = plain
        if lasting:
            self._known[name], self._changed = _stamp(status) + digest, True
        elif self._known.pop(name, None):
            self._changed = True
        return digest


@lru_cache(maxsize=8)
def of(state: Path) -> Memo:
    """The memo of the workspace whose state folder this is."""
    return Memo(state / _NAME)


def plain(digest: str) -> str:
    """sha256 of a file's bytes alone; empty where no file with this digest was read just now."""
    return _plain.get(digest, "")


def forget(state: Path) -> None:
    """Read every file of this workspace again (`--rehash`)."""
    of(state).forget()


def save(state: Path) -> None:
    """Keep what was read, for the next command; to be called once, at the end of a run."""
    of(state).save()


def _load(place: Path) -> dict[str, str]:
    try:
        head, _, text = place.read_bytes().partition(b"\n")
        if fast_json.loads(head) == {"version": VERSION, "sum": zlib.crc32(text)}:
            content: dict[str, str] = fast_json.loads(text)
            return content
    except (FileNotFoundError, ValueError):
        pass  # it only saves time
    return {}


def _stamp(status: os.stat_result) -> str:
    s = status
    return f"{s.st_dev} {s.st_ino} {s.st_mode} {s.st_size} {s.st_mtime_ns} {s.st_ctime_ns} "


def _settled(status: os.stat_result, now: int) -> bool:
    last = max(status.st_mtime_ns, status.st_ctime_ns)
    return now - last > (_GRANULARITY if status.st_ctime_ns % 1_000_000_000 else _COARSE)


def _unwritten(handle: int) -> bool:
    try:
        # who opens it for writing in this instant has us told by a signal: one that does no harm
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:  # it is open for writing, or there are no leases here
        return False
    return True
