"""How two files differ, in words that a person can read."""

from __future__ import annotations

import difflib
import hashlib
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

LINES = 40
_LONGEST_LINE = 160
_LARGEST_TEXT = 2_000_000  # bytes
_BEFORE, _AFTER = "recorded", "replayed"


def between(recorded: Path, replayed: Path) -> str:
    """The difference between two files whose digests differ, cut at `LINES` lines.

    A unified diff of texts, of JSON laid out alike, of the lists of members of archives; for
    anything else sizes, digests and the first byte at which they part. It may be in the kind or in
    the permission to execute alone.
    """
    if kinds := _kinds(recorded, replayed):
        return kinds
    for readable in (_archive, _json, _text):
        before, after = readable(recorded), readable(replayed)
        if before is not None and after is not None and before != after:
            return of_lines(before, after)
    return _bytes(recorded, replayed)


def of_lines(recorded: list[str], replayed: list[str]) -> str:
    """A unified diff of two lists of lines, cut at `LINES` lines."""
    found = difflib.unified_diff(recorded, replayed, _BEFORE, _AFTER, n=2, lineterm="")
    return _cut(found)


def _cut(lines: Iterable[str]) -> str:
    listed = [line[:_LONGEST_LINE] for line in lines]
    more = len(listed) - LINES
    kept = listed if more <= 0 else [*listed[:LINES], f"… and {more} lines more"]
    return "\n".join(kept)


def _kinds(recorded: Path, replayed: Path) -> str:
    before, after = _kind(recorded), _kind(replayed)
    return f"{_BEFORE} {before}, {_AFTER} {after}" if before != after else ""


def _kind(path: Path) -> str:
    if path.is_symlink():
        return f"a link to {path.readlink()}"
    return "an executable file" if path.stat().st_mode & 0o111 else "a file"


def _archive(path: Path) -> list[str] | None:
    with suppress(OSError, tarfile.TarError, zipfile.BadZipFile, EOFError):
        if zipfile.is_zipfile(path):
            return list(_zipped(path))
        if tarfile.is_tarfile(path):
            return list(_packed(path))
    return None


def _packed(path: Path) -> Iterator[str]:
    with tarfile.open(path) as archive:
        for one in archive:
            stream = archive.extractfile(one) if one.isreg() else None
            digest = hashlib.sha256(stream.read()).hexdigest()[:12] if stream else ""
            owner = f"{one.uid}:{one.gid}"
            told = (f"{one.mode:04o}", owner, f"{one.size:>9}", f"{one.mtime:.0f}", f"{digest:12}")
            yield " ".join((*told, one.name, one.linkname)).rstrip()


def _zipped(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            digest = hashlib.sha256(archive.read(one)).hexdigest()[:12]
            date = "-".join(f"{part:02}" for part in one.date_time)
            mode = f"{one.external_attr >> 16:06o}"
            yield f"{mode} {one.file_size:>9} {date} {digest} {one.filename}"


def _json(path: Path) -> list[str] | None:
    lines = _text(path)
    if lines is None:
        return None
    try:
        return json.dumps(json.loads("\n".join(lines)), indent=2, sort_keys=True).splitlines()
    except ValueError:
        return None


def _text(path: Path) -> list[str] | None:
    if path.stat().st_size > _LARGEST_TEXT:
        return None
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.splitlines()


def _bytes(recorded: Path, replayed: Path) -> str:
    before, after = _summary(recorded), _summary(replayed)
    return f"{_BEFORE} {before}, {_AFTER} {after}; they part at byte {_parting(recorded, replayed)}"


def _summary(path: Path) -> str:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return f"{path.stat().st_size} bytes sha256 {digest[:12]}"


def _parting(recorded: Path, replayed: Path) -> int:
    at = 0
    with recorded.open("rb") as first, replayed.open("rb") as second:
        while True:
            before, after = first.read(65536), second.read(65536)
            if before != after or not before:
                pairs = enumerate(zip(before, after, strict=False))
                inner = next((n for n, (one, other) in pairs if one != other), None)
                return at + (min(len(before), len(after)) if inner is None else inner)
            at += len(before)
