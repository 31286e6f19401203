"""Programs that the machine already has: every PATH entry is searched, the first that fits wins."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from phaseline.core.errors import CommandFailed, TimedOut
from phaseline.core.files import digest_text, write_atomic
from phaseline.core.workspace import cache_folder
from phaseline.process.command import Command
from phaseline.process.run import attempt
from phaseline.tools.model import Lookup
from phaseline.tools.versions import Version, parse, show

_asking = threading.Lock()


@dataclass(frozen=True)
class Found:
    """A folder on PATH that holds the programs, their version, and why they do not fit, if so."""

    folder: Path
    version: str
    unfit: str = ""


def search(lookup: Lookup) -> list[Found]:
    """Every place that holds the programs, in order, up to the first that fits."""
    listed = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return search_folders(lookup, [Path(entry) for entry in (*listed, *lookup.folders) if entry])


def search_folders(lookup: Lookup, folders: list[Path]) -> list[Found]:
    """The same, in `folders` only."""
    found = []
    for folder in dict.fromkeys(folders):
        programs = [folder / name for name in lookup.programs]
        if all(os.access(program, os.X_OK) and program.is_file() for program in programs):
            found.append(_judge(lookup, folder))
            if not found[-1].unfit:
                break
    return found


def _judge(lookup: Lookup, folder: Path) -> Found:
    if not lookup.ask:
        return Found(folder, "")
    program = folder / lookup.programs[0]
    version = _version(lookup, program)
    if version is None:
        return Found(folder, "", f"{program} does not tell its version")
    if not lookup.fits.admits(version):
        return Found(folder, show(version), f"{program} is {show(version)}, not {lookup.fits}")
    more = lookup.confirmation
    if more and version[0] >= more.since and _answer(program, more.ask) is None:
        return Found(folder, show(version), f"{program} is {show(version)}, but {more.lacking}")
    return Found(folder, show(version))


def _version(lookup: Lookup, program: Path) -> Version | None:
    text = _answer(program, lookup.ask)
    return parse(text, lookup.pattern) if text is not None else None


def _answer(program: Path, arguments: tuple[str, ...]) -> str | None:
    status = program.stat()
    identity = status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
    with _asking:  # steps that run side by side ask the same
        return _ask(str(program), arguments, identity)


@lru_cache(maxsize=256)
def _ask(program: str, arguments: tuple[str, ...], identity: tuple[int, ...]) -> str | None:
    """What `program` prints, or None when it fails; asked once for each version of the file.

    Of a binary the answer is kept for other processes: some take a third of a second to give it. A
    script may hand over to whatever it likes, and is asked each time.
    """
    kept = cache_folder() / "answers" / digest_text(program, *arguments, repr(identity))
    with suppress(FileNotFoundError):
        return kept.read_text(encoding="utf-8")
    command = Command(
        argv=(program, *arguments), timeout=15.0, env={"GOTOOLCHAIN": "local"}, cwd=Path("/")
    )
    try:
        completed = attempt(command)
    except (CommandFailed, TimedOut):  # not a program of this machine, or one that hangs
        return None
    if completed.code != 0:
        return None
    answer = completed.stdout + completed.stderr
    if _is_binary(program):
        write_atomic(kept, answer)
    return answer


def _is_binary(program: str) -> bool:
    with Path(program).open("rb") as stream:
        return stream.read(4) == b"\x7fELF"
