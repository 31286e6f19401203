"""From a step's patterns to files, and from files to digests."""

from __future__ import annotations

import glob
import itertools
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from phaseline.core.workspace import Context
from phaseline.engine import memo

ABSENT = "absent"
_LEFT_OUT = frozenset({"__pycache__", "node_modules", ".git", ".phaseline", ".venv"})
# a path as `normpath` leaves it, without wildcards and placeholders
_PLAIN = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*", re.ASCII)
_OF_A_COMPONENT = ("{name}", "{folder}", "{dockerfile}", "{prepared}")

Found = tuple[str, os.stat_result]  # by its path relative to the checkout


def expand(patterns: Iterable[str], context: Context) -> list[str]:
    """Fill in the placeholders of `patterns`, once for each component where they name one."""
    return list(dict.fromkeys(p for pattern in patterns for p in _filled(pattern, context)))


def _filled(pattern: str, context: Context) -> Iterator[str]:
    if "{" not in pattern:
        yield pattern
    elif listed := _LISTS.get(pattern):
        for component in context.parts:
            yield from listed(component)
    elif not any(mark in pattern for mark in _OF_A_COMPONENT):
        yield pattern.format(**_common(context))
    else:
        for component in context.parts:
            values = {**_common(context), **_of_component(component)}
            if None not in (values[key] for key in values if f"{{{key}}}" in pattern):
                yield pattern.format(**values)


def _common(context: Context) -> dict[str, str]:
    return {"state": ".phaseline", "chart": context.workspace.settings["chart"]["folder"]}


def _of_component(component: Mapping[str, Any]) -> dict[str, str | None]:
    build = component["build"] or {"folder": None, "dockerfile": None, "prepare": None}
    return {
        "name": component["name"],
        "folder": build["folder"],
        "dockerfile": build["dockerfile"],
        "prepared": _prepared(build),
    }


def _prepared(build: Mapping[str, Any]) -> str | None:
    prepare = build["prepare"]
    return str(PurePath(build["folder"], prepare["output"])) if prepare else None


def _sources(component: Mapping[str, Any]) -> Iterator[str]:
    if build := component["build"]:
        yield from (f"{build['folder']}/{source}" for source in build["sources"])
        yield f"{build['folder']}/.dockerignore"


def _ingredients(component: Mapping[str, Any]) -> Iterator[str]:
    """What its preparation reads: wheels depend on their lock alone, so that code may change."""
    prepare = component["build"] and component["build"]["prepare"]
    if prepare and "lock" in prepare:
        yield f"{component['build']['folder']}/{prepare['lock']}"
    elif prepare:
        yield from _sources(component)


_LISTS = {"{sources}": _sources, "{ingredients}": _ingredients}


def digests(patterns: Iterable[str], context: Context) -> dict[str, str]:
    """Digest of each file that `patterns` match, by its path relative to the checkout.

    A folder stands for all files below it. A pattern without a wildcard that matches nothing is
    listed as absent, so that its coming is noticed. What the pipeline writes between a component's
    sources is none of them.
    """
    root, known = str(context.workspace.root), memo.of(context.state)
    found: dict[str, str] = {}
    for wanted in patterns:
        status = _status(f"{root}/{wanted}") if _PLAIN.fullmatch(wanted) else None
        if status and stat.S_ISREG(status.st_mode):  # most are that
            with suppress(FileNotFoundError):  # gone since it was looked at
                found[wanted] = known.digest(wanted, f"{root}/{wanted}", status)
            continue
        left_out = _generated(context) if wanted in _LISTS else ()
        for pattern in expand((wanted,), context) if "{" in wanted else (wanted,):
            magic, matched = glob.has_magic(pattern), False
            for name, status in _matches(root, pattern) if magic else _plain(root, pattern):
                if left_out and _within(name, left_out):
                    continue
                matched = True
                try:
                    found[name] = known.digest(name, f"{root}/{name}", status)
                except FileNotFoundError:
                    continue  # an editor's own file, gone since it was listed
            if not matched and not magic:
                found[pattern] = ABSENT
    return dict(sorted(found.items())) if len(found) > 1 else found


def _generated(context: Context) -> tuple[str, ...]:
    found = []
    for component in context.parts:
        if build := component["build"]:
            if build["dockerfile"].endswith(".j2"):
                found.append(f"{build['folder']}/Dockerfile")
            if prepared := _prepared(build):
                found.append(prepared)
    return tuple(found)


def _within(name: str, folders: Iterable[str]) -> bool:
    return any(name == folder or name.startswith(f"{folder}/") for folder in folders)


def _plain(root: str, path: str) -> Iterable[Found]:
    """The files and symbolic links at `path` or below it."""
    name = os.path.normpath(path)
    status = _status(f"{root}/{name}")
    if status is None:
        return ()
    return ((name, status),) if stat.S_ISREG(status.st_mode) else _at(root, name, status, ())


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _matches(root: str, pattern: str) -> Iterator[Found]:
    """The files and symbolic links that `pattern` matches, or that are below what it matches."""
    fixed = _fixed(pattern)
    # not Path.glob: until 3.13 its `**` matches folders only
    for match in glob.iglob(pattern, root_dir=root, recursive=True, include_hidden=True):  # noqa: PTH207
        name = os.path.normpath(match)
        if _LEFT_OUT.isdisjoint(PurePath(name).relative_to(fixed).parts):
            yield from _plain(root, name)


def _at(root: str, name: str, status: os.stat_result, links: tuple[Path, ...]) -> Iterator[Found]:
    """`name` itself, or all that is below it where it is a folder; a link counts and is followed.

    Args:
        links: the folders that links on the way have led to, which are not entered again.
    """
    if stat.S_ISREG(status.st_mode):
        yield name, status
    elif stat.S_ISDIR(status.st_mode):
        yield from _below(root, name, links)
    elif stat.S_ISLNK(status.st_mode):
        yield name, status
        link = Path(root, name)
        if link.is_dir() and not _turns_back(link, links):
            yield from _below(root, name, (*links, link.resolve()))


def _turns_back(link: Path, links: tuple[Path, ...]) -> bool:
    target = link.resolve()
    return target in links or link.parent.resolve().is_relative_to(target)


def _below(root: str, folder: str, links: tuple[Path, ...]) -> Iterator[Found]:
    names: list[str] = []
    with suppress(FileNotFoundError):  # gone since it was listed
        names = os.listdir(f"{root}/{folder}")  # noqa: PTH208 - names, not Paths: there are many
    for name in (f"{folder}/{entry}" for entry in names if entry not in _LEFT_OUT):
        if status := _status(f"{root}/{name}"):
            yield from _at(root, name, status, links)


@lru_cache(maxsize=1024)
def _fixed(pattern: str) -> str:
    """The part of a pattern that is no wildcard: what it names itself is never left out."""
    parts = PurePath(pattern).parts
    return str(PurePath(*itertools.takewhile(lambda part: not glob.has_magic(part), parts)))
