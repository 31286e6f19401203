"""An image as it lies in the daemon: its configuration, and its layers one by one.

Layers that were read before are not read again, and where all were, nothing is exported.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

from phaseline.operators.images.checks import layer
from phaseline.operators.images.checks.layer import Layer, Member
from phaseline.operators.images.checks.packages import Package
from phaseline.operators.images.daemon import layers_of
from phaseline.operators.images.identity import config_digest
from phaseline.operators.images.saved import member

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Survey:
    """What was read of an image.

    Attributes:
        id: `sha256:…`, the digest of the configuration.
        run: the part of the configuration that says how it is run.
        history: the lines of the Dockerfile, first to last, with the bytes that each added.
        layers: the lowest first.
        false: digests of layers that hold something else than they say.
        fresh: how many layers were read now, the others being known.
    """

    id: str
    architecture: str
    run: Mapping[str, Any]
    history: tuple[tuple[str, int], ...]
    layers: tuple[Layer, ...]
    false: tuple[str, ...] = ()
    fresh: int = 0

    @cached_property
    def files(self) -> dict[str, tuple[int, Member]]:
        """The merged file system: by path, the index of its layer and the member."""
        return layer.merged(self.layers)

    @cached_property
    def packages(self) -> list[Package]:
        """The packages that files of the merged file system speak of."""
        found = set()
        for index, one in enumerate(self.layers):
            for path, told in one.packages.items():
                if self.files.get(path, (-1,))[0] == index:
                    found |= set(told)
        return sorted(found)

    def step_of(self, index: int) -> str:
        """The line of the Dockerfile that made a layer which holds something."""
        filled = [number for number, one in enumerate(self.layers) if one.size]
        steps = [text for text, size in self.history if size]
        if len(filled) == len(steps) and index in filled:
            return steps[filled.index(index)]
        return f"layer {index + 1}"


def survey(client: DockerClient, image: Image) -> Survey:
    """Read what is not known of the image's layers; only then it is exported.

    Raises:
        CommandFailed: the export is no image.
    """
    digests = layers_of(image)
    known = {digest: found for digest in digests if (found := layer.recalled(digest))}
    false = []
    if fresh := [digest for digest in digests if digest not in known]:
        with tempfile.TemporaryFile() as stream:
            stream.writelines(image.save())
            stream.seek(0)
            read = exported(stream, fresh)
        known |= read
        false = [digest for digest in fresh if read[digest].digest != digest]
    return Survey(
        id=config_digest(client, image),
        architecture=str(image.attrs["Architecture"]),
        run=image.attrs["Config"],
        history=tuple(_step(one) for one in reversed(image.history())),
        layers=tuple(known[digest] for digest in digests),
        false=tuple(false),
        fresh=len(fresh),
    )


def exported(saved: IO[bytes], wanted: Sequence[str]) -> dict[str, Layer]:
    """The layers `wanted` of the image that `docker save` has written to `saved`, by their digest.

    Raises:
        CommandFailed: it lacks one of them.
    """
    with tarfile.open(fileobj=saved) as archive:
        manifest = json.load(member(archive, "manifest.json"))[0]
        config = json.load(member(archive, manifest["Config"]))
        names = dict(zip(config["rootfs"]["diff_ids"], manifest["Layers"], strict=True))
        return {digest: _read(member(archive, names.get(digest, digest))) for digest in wanted}


def _read(stored: IO[bytes]) -> Layer:
    packed = stored.read(2) == _GZIP  # as a daemon on containerd's store keeps it
    stored.seek(0)
    stream = cast(IO[bytes], gzip.GzipFile(fileobj=stored)) if packed else stored
    digest = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"  # type: ignore[arg-type]
    stream.seek(0)
    return layer.read(digest, stream)


def _step(one: Mapping[str, Any]) -> tuple[str, int]:
    told = f"{one.get('CreatedBy') or ''} {one.get('Comment') or ''}"
    return " ".join(told.removeprefix("/bin/sh -c #(nop) ").split()), int(one.get("Size") or 0)
