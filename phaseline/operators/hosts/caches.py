"""The user's caches: what is in them, and what of it is needed now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from phaseline.core.files import locked
from phaseline.core.workspace import Context, cache_folder
from phaseline.operators.images import debian
from phaseline.tools import store, toolchain
from phaseline.tools.catalogue import TOOLS


@dataclass(frozen=True)
class Cached:
    """One thing in a cache: its files or folders, when it was used, and why it must stay.

    Attributes:
        used: seconds since the epoch; kept: empty where it can go, and be made again.
    """

    kind: str
    name: str
    paths: tuple[Path, ...]
    used: float
    kept: str


def cached(context: Context) -> list[Cached]:
    """All that is in the caches, except Docker's own data."""
    return [*_tools(context), *_bases(context), *_wheels(), *_builds()]


@contextmanager
def held(purpose: str) -> Iterator[None]:
    """All the locks under which something is put into the caches.

    Raises:
        LockHeld: something is being put there.
    """
    cache = cache_folder()
    tools = [place / ".lock" for place in _folders(cache / "tools")]
    bases = sorted((cache / "bases").glob("*.lock"))
    wheels = [cache / "wheels" / ".lock"] if (cache / "wheels").is_dir() else []
    with ExitStack() as stack:
        for path in (*tools, *bases, *wheels):
            stack.enter_context(locked(path, purpose))
        yield


def _tools(context: Context) -> Iterator[Cached]:
    at_work = _programs_at_work()
    for tool in _folders(cache_folder() / "tools"):
        current = _current_keys(tool.name, context)
        for place in _folders(tool):
            busy = [pid for pid, program in at_work if program.is_relative_to(place)]
            kept = f"process {busy[0]} runs it" if busy else ""
            kept = kept or ("it is the version in use" if place.name in current else "")
            name = f"{tool.name} {place.name}"
            yield Cached("tool", name, (place,), _used(place / store.RECORD), kept)


def _current_keys(tool: str, context: Context) -> set[str]:
    if tool not in TOOLS:
        return set()
    wanted = [toolchain.find(tool)]
    if tool == "kubernetes":
        wanted.append(toolchain.find(tool, context.pipeline.cluster.kubernetes))
    return {origin.key for one in wanted for origin in toolchain.origins(one)}


def _programs_at_work() -> list[tuple[int, Path]]:
    found = []
    for link in Path("/proc").glob("[0-9]*/exe"):
        with suppress(OSError):  # it has ended, or is not ours to see
            found.append((int(link.parent.name), link.readlink()))
    return found


def _bases(context: Context) -> Iterator[Cached]:
    wanted = {f"{name}-{debian.key(base)[:16]}" for name, base in context.pipeline.bases.items()}
    for archive in sorted((cache_folder() / "bases").glob("*.tar")):
        kept = "this pipeline uses it" if archive.stem in wanted else ""
        sheet = archive.with_suffix(".json")
        # the sheet first: it vouches for the archive
        yield Cached("base image", archive.stem, (sheet, archive), _used(sheet, archive), kept)


def _wheels() -> Iterator[Cached]:
    folder = cache_folder() / "wheels"
    listed = {name for listing in folder.glob("*.json") for name in json.loads(listing.read_text())}
    for wheel in sorted(folder.glob("*.whl")):
        kept = "a lock names it" if wheel.name in listed else ""
        yield Cached("wheel", wheel.name, (wheel,), _used(wheel), kept)


def _builds() -> Iterator[Cached]:
    """What compilers and the checks of images keep to be faster next time."""
    for place in (cache_folder() / name for name in ("go", "node", "surveys")):
        if place.is_dir():
            yield Cached("build cache", place.name, (place,), _used(place), "")


def _folders(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    return sorted(one for one in place.iterdir() if one.is_dir() and not one.name.startswith("."))


def _used(*paths: Path) -> float:
    times = [max(s.st_atime, s.st_mtime) for s in (p.stat() for p in paths if p.exists())]
    return max(times, default=0.0)
