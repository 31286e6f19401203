"""Named values in an append-only file of JSON lines: what was put is there, or is not.

    {"sum": "9a3c01ff", "format": "phaseline records", "version": 2}
    {"sum": "77b1e0d2", "shared": "1f0c…", "part": {…}}
    {"sum": "03fe9c1a", "name": "T014.values", "value": {…}}
    {"sum": "5d20b7aa", "name": "T014.values", "value": null}

The last line for a name counts; null takes it back. `sum` is the CRC-32 of the rest of the line. A
part of `value["parts"]` that is long, and so mostly common to many, stands once on a line of its
own. A last line without its end was cut off before anybody was told that it is kept: it is ignored,
and cut when the next one is written. A damaged line may have taken back any before it, so none of
those is trusted.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import write_atomic
from phaseline.engine import canonical, checksummed

T = TypeVar("T")
Value = dict[str, Any]

_DEAD = 200  # dead lines from which it pays to write the file anew
_REFERENCE = "$shared"


class Table(Generic[T]):
    """One such file. Several threads and processes may read and write at once.

    Args:
        format, version: of the file; a file of a newer version is refused.
        decode: makes of a value what is given out; None leaves the value out.
        initial: the values where there is no file yet.
    """

    def __init__(
        self,
        place: Path,
        format: str,
        version: int,
        decode: Callable[[Value], T | None],
        initial: Callable[[], Mapping[str, Value]] = dict,
    ) -> None:
        self._place, self._name = place, str(place)
        self._format, self._version = format, version
        self._decode, self._initial = decode, initial
        self._guard = threading.Lock()
        self._stamp: tuple[int, ...] | None = None  # of the file that the rest was read from
        self._held = False
        self._clear()

    def all(self) -> dict[str, T]:
        """Every value, by its name.

        Raises:
            InvalidConfiguration: a newer version wrote the file, or it is another kind of file.
        """
        with self._guard:
            self._refresh()
            return dict(self._decoded)

    def get(self, name: str) -> T | None:
        """The value of `name`, or None; raises as `all`."""
        with self._guard:
            if not self._held or self._stamp is None:  # None: writing has failed
                self._refresh()
            return self._decoded.get(name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes meanwhile: `get` does not look at the file each time."""
        self.all()
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def put(self, values: Mapping[str, Value | None]) -> None:
        """Keep the value of each name, or with None nothing: on disk when this returns."""
        if not values:
            return
        handle = checksummed.opened_alone(self._place)
        try:
            with self._guard:
                self._refresh()
                self._write(handle, values)
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.fsync(handle)  # here, so that who reads does not wait for the disk
        finally:
            os.close(handle)

    def _write(self, handle: int, values: Mapping[str, Value | None]) -> None:
        lines = [line for one in values.items() for line in self._lines_for(*one)]
        for name, value in values.items():
            self._set(name, value)
        if self._end == 0 or self._damaged or self._dead() > max(_DEAD, len(self._values)):
            self._write_anew()
            return
        if os.fstat(handle).st_size > self._end:
            os.ftruncate(handle, self._end)
        data = b"".join(lines)
        try:
            if os.write(handle, data) != len(data):
                raise OSError(f"{self._place} cannot take more")
        finally:
            self._stamp = None  # if that failed, what is in the file counts
        self._count += len(lines)
        self._end += len(data)
        self._stamp = _stamp(os.fstat(handle))

    def _write_anew(self) -> None:
        self._shared.clear()
        lines = [checksummed.line({"format": self._format, "version": self._version})]
        for name, value in self._values.items():
            lines += self._lines_for(name, value)
        self._stamp = None
        write_atomic(self._place, b"".join(lines))
        self._refresh()

    def _dead(self) -> int:
        return self._count - len(self._values) - len(self._shared)

    def _lines_for(self, name: str, value: Value | None) -> list[bytes]:
        """The line of one value, after those of its long parts that have none yet."""
        if value is None:
            return [checksummed.line({"name": name, "value": None})]
        lines, parts = list[bytes](), dict[str, Any]()
        for title, part in value.get("parts", {}).items():
            if not canonical.is_large(part):
                parts[title] = part
                continue
            digest = canonical.digest(part)
            parts[title] = {_REFERENCE: digest}
            if digest not in self._shared:
                self._shared[digest] = part
                lines.append(checksummed.line({"shared": digest, "part": part}))
        return [*lines, checksummed.line({"name": name, "value": {**value, "parts": parts}})]

    def _refresh(self) -> None:
        try:
            if _stamp(os.stat(self._name)) == self._stamp:  # noqa: PTH116 - asked for each value
                return
            with self._place.open("rb") as stream:
                stamp, data = _stamp(os.fstat(stream.fileno())), stream.read()
        except FileNotFoundError:
            stamp, data = (), b""
            if self._stamp == stamp:
                return
        self._clear()
        self._read(data)
        self._stamp = stamp
        if self._end == 0 and not self._damaged:
            for name, value in self._initial().items():
                self._set(name, value)

    def _clear(self) -> None:
        self._values: dict[str, Value] = {}
        self._decoded: dict[str, T] = {}
        self._shared: dict[str, Any] = {}
        self._count = self._end = 0  # lines, and bytes up to the end of the last whole one
        self._damaged = False

    def _read(self, data: bytes) -> None:
        head, *lines, _ = data.split(b"\n") if b"\n" in data else (b"", b"")
        self._end = len(data) - len(data.rpartition(b"\n")[2])
        self._damaged = bool(self._end) and not self._headed(head)
        if self._end and not self._damaged:
            self._count = len(lines)
            for content in checksummed.contents(lines):
                self._take(content)

    def _headed(self, line: bytes) -> bool:
        (header,) = checksummed.contents([line])
        if header is not None:
            self._check(header)
        return header is not None

    def _take(self, content: Value | None) -> None:
        if content is None:
            self._damaged = True
            self._values.clear()
            self._decoded.clear()
        elif "shared" in content:
            self._shared[content["shared"]] = canonical.one(content["part"])
        else:
            self._set(content["name"], self._whole(content["value"]))

    def _check(self, header: Value) -> None:
        if header["format"] != self._format or header["version"] > self._version:
            raise InvalidConfiguration(
                f"{self._place} is of a format that this version does not know",
                why=f"{header['format']} {header['version']}, not {self._format} {self._version}",
                fix="use the version of phaseline that wrote it, or remove the file: "
                "then every step runs once",
            )

    def _whole(self, value: Value | None) -> Value | None:
        if value is None:
            return None
        parts = value.get("parts", {})
        for title, part in parts.items():
            if isinstance(part, dict) and _REFERENCE in part:
                if part[_REFERENCE] not in self._shared:
                    return None  # its line was damaged
                parts[title] = self._shared[part[_REFERENCE]]
        return value

    def _set(self, name: str, value: Value | None) -> None:
        decoded = self._decode(value) if value is not None else None
        if value is None or decoded is None:
            self._values.pop(name, None)
            self._decoded.pop(name, None)
        else:
            self._values[name], self._decoded[name] = value, decoded


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_size, status.st_mtime_ns
