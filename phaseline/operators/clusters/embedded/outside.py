"""The folders of the machine that a node mounts something over, because they must be there for it.

The CNI library and kubelet's device manager have no setting for where they write. All nodes of this
machine share these folders, each with its own mount over them. The last one removes those that we
made: the kernel would take another node's mount away with the folder.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.workspace import cache_folder

CNI_RESULTS = Path("/var/lib/cni")
DEVICES = Path("/var/lib/kubelet")


def make(folders: tuple[Path, ...] = (CNI_RESULTS, DEVICES)) -> None:
    """Make those that are not there, and note that we did."""
    for folder in folders:
        if not folder.exists():
            write_atomic(_note(folder), "")
            folder.mkdir(parents=True)


def remove_unused(
    folders: tuple[Path, ...] = (CNI_RESULTS, DEVICES), proc: Path = Path("/proc")
) -> None:
    """Remove those that we made, unless a node still mounts something there.

    One that something else has put a file into stays.
    """
    made = [folder for folder in folders if _note(folder).exists()]
    mounted = _mounted(proc) if made else set()
    for folder in made:
        if str(folder) not in mounted:
            with suppress(OSError):
                folder.rmdir()
            _note(folder).unlink()


def _mounted(proc: Path) -> set[str]:
    """All places where something is mounted in the view of any process."""
    found = set()
    for told in proc.glob("[0-9]*/mountinfo"):
        with suppress(OSError):  # it has ended since it was listed
            found |= {line.split(" ", 5)[4] for line in told.read_text().splitlines()}
    return found


def _note(folder: Path) -> Path:
    return cache_folder() / "made-outside" / folder.name
