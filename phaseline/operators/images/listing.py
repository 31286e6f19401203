"""An image as lines, so that two can be compared: its configuration, its layers' members."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO

from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.saved import member


def listing(identity: str) -> list[str]:
    """The image with the ID `identity` as lines; none where the daemon has no such image."""
    with connected() as client, tempfile.TemporaryFile() as stream:
        image = find(client, identity)
        if image is None:
            return []
        stream.writelines(image.save())
        stream.seek(0)
        return list(lines_of(stream))


def lines_of(saved: IO[bytes]) -> Iterator[str]:
    """The lines of an image that `docker save` has written to `saved`."""
    with tarfile.open(fileobj=saved) as archive:
        manifest = json.load(member(archive, "manifest.json"))[0]
        config = json.load(member(archive, manifest["Config"]))
        yield from json.dumps(config, indent=2, sort_keys=True).splitlines()
        for number, name in enumerate(manifest["Layers"], 1):
            with tarfile.open(fileobj=member(archive, name)) as layer:
                yield from (f"layer {number}: {_told(layer, one)}" for one in layer)


def _told(layer: tarfile.TarFile, one: tarfile.TarInfo) -> str:
    stream = layer.extractfile(one) if one.isreg() else None
    digest = hashlib.sha256(stream.read()).hexdigest()[:12] if stream else "-"
    link = f" -> {one.linkname}" if one.linkname else ""
    return f"{one.name}{link} {one.mode:04o} {one.uid}:{one.gid} {one.mtime:.0f} {digest}"
