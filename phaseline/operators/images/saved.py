"""An image as `docker save` writes it, which every daemon can."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from phaseline.core.errors import CommandFailed
from phaseline.operators.images import layers

_GZIP = b"\x1f\x8b"


class Saved:
    """The one image in a docker-archive.

    Raises:
        CommandFailed: it is no such archive.
    """

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        manifest = json.load(member(archive, "manifest.json"))[0]
        self._config: Mapping[str, Any] = json.load(member(archive, manifest["Config"]))
        digests = self._config["rootfs"]["diff_ids"]
        self._names = dict(zip(digests, manifest["Layers"], strict=True))

    @property
    def config(self) -> Mapping[str, Any]:
        """Its configuration."""
        return self._config

    def rewrite_layer(self, digest: str, target: Path) -> str:
        """Write a layer without dates to the tar `target`; returns its new digest."""
        with (
            member(self._archive, self._names[digest]) as stream,
            tarfile.open(fileobj=stream) as old,
        ):
            return layers.write(layers.of_archive(old), target)

    def copy_layer(self, digest: str, target: Path) -> None:
        """Write a layer as it is, uncompressed, to the tar `target`."""
        with member(self._archive, self._names[digest]) as stream, target.open("wb") as copy:
            shutil.copyfileobj(_plain(stream), copy)


def member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """One file of a docker-archive.

    Raises:
        CommandFailed: it holds no such file.
    """
    try:
        stream = archive.extractfile(name)
    except KeyError:
        stream = None
    if stream is None:
        raise CommandFailed(f"the saved image holds no {name}", fix="run it again")
    return stream


def _plain(stream: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """A layer's tar: a daemon on containerd's store gives it as it was pulled or built."""
    compressed = stream.read(len(_GZIP)) == _GZIP
    stream.seek(0)
    return gzip.open(stream) if compressed else stream


@contextmanager
def opened(path: Path) -> Iterator[Saved]:
    """The image in the docker-archive `path`.

    Raises:
        CommandFailed: it is no such archive.
    """
    with tarfile.open(path) as archive:
        yield Saved(archive)
