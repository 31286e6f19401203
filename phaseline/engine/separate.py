"""A separate workspace for a replay: a copy of the checkout, and nothing of it left afterwards."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from phaseline.core.files import locked, write_atomic, write_json
from phaseline.core.workspace import NAME, Context, Workspace
from phaseline.process import groups
from phaseline.tools import git

VERSION = 1
Remove = Callable[[Context], object]
_NOTE, _LOCK = "replay.json", "replay.lock"
_CACHES = frozenset({".git", ".phaseline", ".venv", ".nox", "node_modules", "__pycache__"})


@dataclass(frozen=True)
class Separate:
    """The folders of a replay.

    Attributes:
        root: the workspace; recorded: the recorded outputs, as they lay in the original.
    """

    place: Path

    @property
    def root(self) -> Path:
        """The separate workspace."""
        return self.place / "w"

    @property
    def recorded(self) -> Path:
        """Copies of the original's outputs, by their path in it."""
        return self.place / "recorded"

    @property
    def context(self) -> Context:
        """The separate workspace as operators are given it."""
        return Context(Workspace(self.root))


@contextmanager
def separate(origin: Context, remove: Remove, *, keep: bool) -> Iterator[Separate]:
    """Folders for a replay of the workspace `origin`, one at a time; gone at the end.

    What a killed replay has left is removed first. The path is short: sockets lie in workspaces.

    Args:
        remove: takes away what a workspace has made outside of its folder.
        keep: leave the workspace, and what it made, for a look at it.

    Raises:
        LockHeld: another replay of this workspace goes on.
    """
    note = origin.state / _NOTE
    with locked(origin.state / _LOCK, "invoke replay"):
        _clear(note, remove)
        made = Separate(Path(tempfile.mkdtemp(prefix="pl-replay-")))
        write_json(note, {"version": VERSION, "place": str(made.place)})
        made.place.chmod(0o755)  # pods of other users have their volumes below it
        try:
            yield made
        finally:
            groups.reset()  # also what was interrupted is cleared away
            if keep:
                note.unlink()
            else:
                _clear(note, remove)


def clear(origin: Context, remove: Remove) -> None:
    """Remove what a killed replay of `origin` has left, if it has left anything.

    Raises:
        LockHeld: a replay goes on.
    """
    note = origin.state / _NOTE
    if note.exists():
        with locked(origin.state / _LOCK, "removing what a replay has left"):
            _clear(note, remove)


def fill(target: Separate, origin: Context, files: Iterable[str]) -> None:
    """Copy `files` of the workspace `origin`; last, the name that rendered files give it.

    Raises:
        Interrupted: the run is being stopped.
    """
    for name in files:
        groups.pause(0.0)
        if not _behind_link(target.root, name):
            copy(origin.workspace.root / name, target.root / name)
    write_atomic(target.root / ".phaseline" / NAME, f"{origin.workspace.name}\n")


def _behind_link(root: Path, name: str) -> bool:
    """Whether a link is on the way: what it leads to has another name, or is not the checkout's."""
    return any((root / folder).is_symlink() for folder in Path(name).parents)


def copy(source: Path, target: Path) -> None:
    """Copy a file or a link, with its permissions and without its dates."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target, follow_symlinks=False)
    if not source.is_symlink():
        shutil.copymode(source, target)


def checkout_files(root: Path, outputs: Container[str]) -> list[str]:
    """The files of a checkout, without what is ignored, kept as state, or among `outputs`.

    Git says what is ignored; without it, caches and environments are, by their usual names.
    """
    names = git.listed(root) or list(_walked(root))
    there = (name for name in names if (root / name).is_symlink() or (root / name).is_file())
    return [n for n in there if n not in outputs and not n.startswith(".phaseline/")]


def _walked(root: Path) -> Iterator[str]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(one for one in below if one not in _CACHES)
        links = [one for one in below if Path(folder, one).is_symlink()]
        for name in (*links, *sorted(names)):
            yield str(Path(folder, name).relative_to(root))


def _clear(note: Path, remove: Remove) -> None:
    """Remove the replay that `note` tells of, whatever it has made."""
    try:
        place = Path(json.loads(note.read_text())["place"])
    except FileNotFoundError:
        return
    left = Separate(place)
    if (left.root / ".phaseline" / NAME).exists():  # else nothing was run in it
        remove(left.context)
    shutil.rmtree(place, ignore_errors=True)
    note.unlink()
