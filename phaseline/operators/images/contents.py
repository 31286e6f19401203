"""What is in an image's file system, read without running it."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from phaseline.operators.images.daemon import discard

if TYPE_CHECKING:
    from docker import DockerClient

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "csh", "tcsh", "fish", "busybox"})
MANAGERS = frozenset(
    {"apt", "apt-get", "aptitude", "dpkg", "apk", "rpm", "yum", "dnf", "pip", "pip3", "npm"}
)
_PROGRAM_FOLDERS = frozenset({"bin", "sbin"})
_SET_ID = 0o6000


@dataclass(frozen=True)
class Contents:
    """Absolute paths of what an attacker would look for first."""

    shells: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    setuid: tuple[str, ...] = ()


def read_contents(client: DockerClient, image: str, name: str) -> Contents:
    """Look through the merged file system of `image`; its container `name` is never started."""
    discard(client, name)  # one that a killed run left behind
    container = client.containers.create(
        image, name=name, command=["never-started"], network_mode="none"
    )
    try:
        with tempfile.TemporaryFile() as stream:
            stream.writelines(cast(Iterable[bytes], container.export()))
            stream.seek(0)
            return classify(stream)
    finally:
        discard(client, name)


def classify(stream: IO[bytes]) -> Contents:
    """Sort the members of a file system's tar."""
    shells, managers, setuid = [], [], []
    with tarfile.open(fileobj=stream) as archive:
        for member in archive:
            path = PurePosixPath("/", member.name)
            if member.isfile() and member.mode & _SET_ID:
                setuid.append(str(path))
            if member.isdir() or path.parent.name not in _PROGRAM_FOLDERS:
                continue
            if path.name in SHELLS:
                shells.append(str(path))
            if path.name in MANAGERS:
                managers.append(str(path))
    return Contents(tuple(sorted(shells)), tuple(sorted(managers)), tuple(sorted(setuid)))
