"""What git knows of a checkout."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.errors import ToolMissing
from phaseline.process.command import Command
from phaseline.process.run import attempt


def listed(folder: Path) -> list[str]:
    """The files below `folder` that git tracks, or would: those that it ignores are left out.

    Returns:
        paths relative to `folder`; none where git is absent or this is no checkout of its.
    """
    argv = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    try:
        completed = attempt(Command(argv=argv, cwd=folder, data=True))
    except ToolMissing:
        return []
    names = completed.stdout.split("\0") if completed.code == 0 else []
    return sorted({name for name in names if name})
