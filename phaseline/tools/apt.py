"""Debian packages: installed without recommends, questions or started services."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from phaseline.core.errors import CommandFailed
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.groups import pause
from phaseline.process.run import run
from phaseline.tools.heartbeat import heartbeat
from phaseline.tools.without_services import prefix

LISTS = Path("/var/lib/apt/lists")
LIST_AGE = 7 * 24 * 3600.0
LOCK_SECONDS = 300
_SOURCE = str(Path(__file__).parents[2])
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "PYTHONPATH": _SOURCE}
_NETWORK = ("-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=15")
_STALE = ("Unable to locate package", "has no installation candidate", "Failed to fetch")
_INTERRUPTED = "dpkg was interrupted"
_LISTS_BUSY = "Could not get lock"


def available() -> bool:
    """Whether this machine installs packages with apt."""
    return shutil.which("apt-get") is not None


def by_hand(packages: tuple[str, ...]) -> str:
    """The commands that a person would type to the same effect."""
    names = " ".join(packages)
    return f"apt-get update && apt-get install --no-install-recommends {names}"


def install_command(packages: tuple[str, ...]) -> Command:
    """The installation; it waits for another package manager to finish."""
    lock = ("-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}")
    argv = ("apt-get", "install", "--yes", "--no-install-recommends", *lock, *_NETWORK, *packages)
    return Command(argv=(*prefix(), *argv), env=_ENVIRONMENT, timeout=1200.0, cwd=Path("/"))


def configure_command() -> Command:
    """What finishes an installation that was killed half-way."""
    argv = ("dpkg", "--configure", "--pending")
    return Command(argv=(*prefix(), *argv), env=_ENVIRONMENT, timeout=600.0, cwd=Path("/"))


def update_command() -> Command:
    """The refresh of the package lists; an unreachable source is a failure."""
    argv = ("apt-get", "update", "--error-on=any", *_NETWORK)
    return Command(argv=argv, env=_ENVIRONMENT, timeout=300.0, cwd=Path("/"))


def lists_are_old(folder: Path, now: float) -> bool:
    """Whether the package lists in `folder` are absent or older than a week at time `now`."""
    if not any(folder.glob("*Release")):
        return True
    # The lists themselves carry the archive's dates; an update always touches this folder.
    partial = folder / "partial"
    return not partial.exists() or now - partial.stat().st_mtime > LIST_AGE


def install(packages: tuple[str, ...]) -> None:
    """Install `packages`, with fresh lists where the present ones are old or do not do.

    Raises:
        CommandFailed: apt refuses, or another package manager holds its lock for too long.
        TimedOut: it took longer than twenty minutes.
    """
    fresh = lists_are_old(LISTS, time.time())
    if fresh:
        update()
    try:
        _install(packages)
    except CommandFailed as error:
        if _INTERRUPTED in error.why:
            journal.progress("an installation was cut off: finishing it first")
            run(configure_command())
        elif not fresh and any(sign in error.why for sign in _STALE):
            journal.progress("the package lists do not do: fetching new ones")
            update()
        else:
            raise
        _install(packages)


def update() -> None:
    """Fetch the package lists; waits while another package manager does.

    Raises:
        CommandFailed: a source cannot be reached, or the lock is held for too long.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    with heartbeat(lambda seconds: f"apt-get update, {seconds:.0f} s"):
        while True:
            try:
                run(update_command())
            except CommandFailed as error:
                # The lock of the lists has no waiting option, unlike dpkg's.
                if _LISTS_BUSY not in error.why or time.monotonic() > deadline:
                    raise
                journal.progress("another package manager is at work: waiting for it")
                pause(2.0)
            else:
                return


def _install(packages: tuple[str, ...]) -> None:
    last = [f"apt-get install {' '.join(packages)}"]

    def note(line: str) -> None:
        if line.startswith(("Get:", "Unpacking", "Setting up", "Waiting for cache lock")):
            last[0] = line[:100]

    with heartbeat(lambda seconds: f"{last[0]}, {seconds:.0f} s"):
        run(install_command(packages), on_line=note)
