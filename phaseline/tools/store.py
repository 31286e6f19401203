"""The cache of tools: installed beside, verified, then renamed, so what is there is whole.

`<cache>/tools/<name>/<key>/` holds a tool, with `installed.json` that says where it came from.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from phaseline.core.files import locked, write_json
from phaseline.core.workspace import cache_folder
from phaseline.process import journal

RECORD = "installed.json"
_DRAFT = ".installing-"
_LONGEST_WAIT = 2400.0


def folder(tool: str) -> Path:
    """Where the versions of one tool lie."""
    return cache_folder() / "tools" / tool


def look_up(tool: str, key: str) -> Path | None:
    """The folder of an installed version, or None when it is absent or was tampered with."""
    place = folder(tool) / key
    try:
        sizes: dict[str, int] = json.loads((place / RECORD).read_text())["sizes"]
        whole = all((place / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return None
    return place if whole else None


@contextmanager
def exclusive(tool: str, purpose: str) -> Iterator[None]:
    """Hold the tool's lock; whoever waits sees who holds it."""

    def waiting(holder: str) -> None:
        journal.progress(f"waiting for {tool}: {holder} is at it")

    with locked(folder(tool) / ".lock", purpose, wait_seconds=_LONGEST_WAIT, waiting=waiting):
        _sweep(tool)
        yield


def install(
    tool: str, key: str, source: str, fill: Callable[[Path], None], verify: Callable[[Path], None]
) -> Path:
    """Fill a temporary folder, verify it, and give it its name. The lock must be held.

    Raises:
        whatever `fill` and `verify` raise; nothing is left behind then.
    """
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder(tool)))
    try:
        fill(draft)
        verify(draft)
        draft.chmod(0o755)
        write_json(draft / RECORD, {"version": 1, "source": source, "sizes": _sizes(draft)})
        place = folder(tool) / key
        if place.exists():  # what `look_up` refused
            shutil.rmtree(place)
        return draft.rename(place)
    finally:
        if draft.exists():
            shutil.rmtree(draft)


def _sizes(place: Path) -> dict[str, int]:
    """Sizes of the programs: files at the top and in `bin`. Others are too many to look at."""
    files = [path for part in (place, place / "bin") if part.is_dir() for path in part.iterdir()]
    return {str(path.relative_to(place)): path.stat().st_size for path in files if path.is_file()}


def _sweep(tool: str) -> None:
    """Remove what a killed run has left; with the lock held nobody else is installing."""
    for draft in folder(tool).glob(f"{_DRAFT}*"):
        shutil.rmtree(draft)
