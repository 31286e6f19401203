"""npm: the locked packages of a web page, and its scripts."""

from __future__ import annotations

import os
from pathlib import Path

from phaseline.core.workspace import cache_folder
from phaseline.process.command import Command


def install(folder: Path, programs: Path, *, timeout: float = 600.0) -> Command:
    """Install exactly what `package-lock.json` of `folder` names.

    Args:
        programs: the folder that holds node and npm.
    """
    quiet = ("--no-audit", "--no-fund", "--prefer-offline")
    # npm's own waits are 10 s and more: without a network it would take minutes to say so
    patience = (
        "--fetch-retries=3",
        "--fetch-retry-mintimeout=500",
        "--fetch-retry-maxtimeout=4000",
    )
    return _npm(folder, programs, ("ci", *quiet, *patience), timeout)


def run_script(folder: Path, programs: Path, script: str, *, timeout: float = 300.0) -> Command:
    """Run one script of `package.json`."""
    return _npm(folder, programs, ("run", script), timeout)


def _npm(folder: Path, programs: Path, arguments: tuple[str, ...], timeout: float) -> Command:
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    return Command(
        argv=("npm", *arguments),
        cwd=folder,
        env={
            "PATH": path,
            "CI": "true",
            "NO_UPDATE_NOTIFIER": "1",
            "NODE_COMPILE_CACHE": str(cache_folder() / "node"),  # else below /tmp, for ever
        },
        timeout=timeout,
    )
