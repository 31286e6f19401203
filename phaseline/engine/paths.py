"""From a step's patterns to files, and from files to digests."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from phaseline.core.files import digest_file
from phaseline.core.settings import Component
from phaseline.core.workspace import Context

ABSENT = "absent"
_LEFT_OUT = {"__pycache__", "node_modules", ".git", ".phaseline", ".venv"}


def expand(patterns: Iterable[str], context: Context) -> list[str]:
    """Fill in the placeholders of `patterns`, once for each component where they name one."""
    return list(dict.fromkeys(p for pattern in patterns for p in _filled(pattern, context)))


def _filled(pattern: str, context: Context) -> Iterator[str]:
    common = {"state": ".phaseline", "chart": str(context.pipeline.chart.folder)}
    if pattern == "{sources}":
        for component in context.components:
            yield from _sources(component)
    elif not any(mark in pattern for mark in ("{name}", "{folder}", "{dockerfile}", "{prepared}")):
        yield pattern.format(**common)
    else:
        for component in context.components:
            values = {**common, **_of_component(component)}
            if None not in (values[key] for key in values if f"{{{key}}}" in pattern):
                yield pattern.format(**values)


def _of_component(component: Component) -> dict[str, str | None]:
    build = component.build
    prepared = build.folder / build.prepare.output if build and build.prepare else None
    return {
        "name": component.name,
        "folder": str(build.folder) if build else None,
        "dockerfile": str(build.dockerfile) if build else None,
        "prepared": str(prepared) if prepared else None,
    }


def _sources(component: Component) -> Iterator[str]:
    if build := component.build:
        yield from (f"{build.folder}/{source}" for source in build.sources)
        yield f"{build.folder}/.dockerignore"


def digests(patterns: Iterable[str], context: Context) -> dict[str, str]:
    """Digest of each file that `patterns` match, by its path relative to the checkout.

    A folder stands for all files below it. A pattern without a wildcard that matches nothing is
    listed as absent, so that its coming is noticed. What the pipeline writes between a component's
    sources is none of them.
    """
    root = context.workspace.root
    found: dict[str, str] = {}
    for wanted in patterns:
        left_out = list(_generated(context)) if wanted == "{sources}" else []
        for pattern in expand((wanted,), context):
            matches = [p for p in _files(root, pattern) if not _within(p, root, left_out)]
            found.update(_digested(root, matches))
            if not matches and not glob.has_magic(pattern):
                found[pattern] = ABSENT
    return dict(sorted(found.items()))


def _digested(root: Path, files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        with suppress(FileNotFoundError):  # an editor's own file, gone since it was listed
            yield str(path.relative_to(root)), digest_file(path)


def _generated(context: Context) -> Iterator[Path]:
    for component in context.components:
        if build := component.build:
            if build.dockerfile.suffix == ".j2":
                yield build.folder / "Dockerfile"
            if build.prepare:
                yield build.folder / build.prepare.output


def _within(path: Path, root: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(root / folder) for folder in folders)


def _files(root: Path, pattern: str) -> set[Path]:
    below, found = root / _fixed(pattern), set[Path]()
    # not Path.glob: until 3.13 its `**` matches folders only
    for name in glob.iglob(pattern, root_dir=root, recursive=True, include_hidden=True):  # noqa: PTH207
        path = root / name
        inner = path.rglob("*") if path.is_dir() and not path.is_symlink() else (path,)
        found.update(one for one in inner if _counts(one, below))
    return found


def _fixed(pattern: str) -> str:
    """The part of a pattern that is no wildcard: what it names itself is never left out."""
    if not glob.has_magic(pattern):
        return pattern
    parts = Path(pattern).parts
    return str(Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts)))


def _counts(path: Path, below: Path) -> bool:
    if not path.is_symlink() and not path.is_file():
        return False
    return not _LEFT_OUT.intersection(path.relative_to(below).parts)
