"""The code that this process was started from, and whether a process can be started from it now.

Python loads code once: one that lives on while its code is edited has to start anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import phaseline
from phaseline.core.errors import CommandFailed, InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine import memo, paths
from phaseline.process import itself
from phaseline.process.command import Command
from phaseline.process.run import run


class Program:
    """The files of phaseline, tasks.py, and what that has imported from beside itself.

    Args:
        folder: where tasks.py is.
    """

    def __init__(self, folder: Path) -> None:
        self._files = sorted({*_package(Path(phaseline.__file__).parent), *_beside(folder)})

    def snapshot(self, context: Context) -> dict[str, str]:
        """Digest of each file, by its path relative to the checkout, or in full outside of it."""
        root, known = context.workspace.root, memo.of(context.state)
        found = {}
        for file in self._files:
            name = str(file.relative_to(root) if file.is_relative_to(root) else file)
            try:
                found[name] = known.digest(f"code {file}", str(file), file.stat())
            except FileNotFoundError:
                found[name] = paths.ABSENT
        return found


def require_loadable(root: Path, names: Sequence[str]) -> None:
    """See that the files `names`, which were saved, can be started from.

    Raises:
        InvalidConfiguration: one is not Python; CommandFailed: tasks.py cannot be loaded.
    """
    for file in (root / name for name in names if name.endswith(".py")):
        try:
            compile(file.read_bytes(), str(file), "exec")
        except (SyntaxError, ValueError, OSError) as error:
            raise InvalidConfiguration(f"{file.name} cannot be loaded", why=str(error)) from error
    try:
        run(Command(argv=(*itself.command_line(), "--list")))
    except CommandFailed as error:
        last = error.why.strip().splitlines()[-1:]
        raise InvalidConfiguration("tasks.py cannot be loaded", why="".join(last)) from error


def _package(folder: Path) -> Iterator[Path]:
    files = (one for one in folder.rglob("*") if one.is_file())
    return (one for one in files if "__pycache__" not in one.parts)


def _beside(folder: Path) -> Iterator[Path]:
    for module in list(sys.modules.values()):
        if name := getattr(module, "__file__", None):
            file = Path(name)
            if file.is_relative_to(folder) and "site-packages" not in file.parts:
                yield file
