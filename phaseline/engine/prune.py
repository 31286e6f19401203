"""Keeping what can be made again, and what old runs have left, within a size.

Evidence is never touched: a chain without its beginning would no longer verify.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine import runs

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}

_GONE = ".pruned-"


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something that can go as a whole.

    Attributes:
        kind, name: what it is, for people.
        paths: files and folders that it consists of.
        size: bytes; used: when it was used last, seconds since the epoch.
        kept: why it must stay; empty where it may go.
    """

    kind: str
    name: str
    paths: tuple[Path, ...]
    size: int
    used: float
    kept: str = ""


def parse_size(text: str) -> int:
    """Bytes of `500MB`, `2GB`, `1.5GiB` or a plain number.

    Raises:
        InvalidConfiguration: it is none of these.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
    if not found or found[2].upper() not in _UNITS:
        raise InvalidConfiguration(f"--max-size {text}: it takes a size such as 500MB or 2GB")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def size_in_words(size: int) -> str:
    """`0.4 MB`, `12 MB` or `1.5 GB`."""
    if size >= 10**9:
        return f"{size / 10**9:.1f} GB"
    return f"{size / 10**6:.0f} MB" if size >= 10**7 else f"{size / 10**6:.1f} MB"


def excess(items: Iterable[Item], most: int) -> list[Item]:
    """Those of `items` that have to go so that the rest is no larger than `most` bytes.

    The longest unused go first; what must stay counts, and stays even if it is too much.
    """
    items = list(items)
    left = sum(item.size for item in items)
    chosen = []
    for item in sorted((one for one in items if not one.kept), key=lambda one: one.used):
        if left <= most:
            break
        chosen.append(item)
        left -= item.size
    return chosen


def old_runs(state: Path, keep: int, most: int) -> list[Item]:
    """The runs before the last `keep`, and the oldest of the others beyond `most` bytes.

    The last run stays in any case.
    """
    items = [_run(state, name) for name in runs.names(state)]
    old, young = items[: max(0, len(items) - max(1, keep))], items[-max(1, keep) :]
    left = sum(item.size for item in young)
    for item in young[:-1]:
        if left <= most:
            break
        old.append(item)
        left -= item.size
    return old


def _run(state: Path, name: str) -> Item:
    folders = [state / kind / name for kind in ("runs", "logs")]
    paths = tuple(folder for folder in folders if folder.is_dir())
    used = max(path.stat().st_mtime for path in paths)
    return Item(kind="run", name=name, paths=paths, size=size_of(paths), used=used)


def size_of(paths: Sequence[Path]) -> int:
    """Bytes of files, and of all files in folders; links count as themselves."""
    files = [
        one
        for path in paths
        for one in (path.rglob("*") if path.is_dir() and not path.is_symlink() else (path,))
    ]
    return sum(one.lstat().st_size for one in files if one.is_symlink() or one.is_file())


def remove(item: Item) -> None:
    """Remove `item`. A folder gets another name first, so that it is never half there."""
    for path in item.paths:
        if path.is_dir() and not path.is_symlink():
            path.rename(path.with_name(f"{_GONE}{path.name}"))
            for gone in path.parent.glob(f"{_GONE}*"):  # what a killed one has left, too
                shutil.rmtree(gone)
        else:
            path.unlink(missing_ok=True)
