"""An OCI archive of one image, less the layers that the container runtime has already.

Format: OCI image layout, https://github.com/opencontainers/image-spec/blob/main/image-layout.md;
the annotation by which containerd names what it imports is containerd's own.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phaseline.operators.images.archive import add
from phaseline.operators.images.canonical import configuration
from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.model import BuiltImage
from phaseline.operators.images.stored import Stored, Unreadable, stored

_TYPE = "application/vnd.oci.image"


def write_archive(image: BuiltImage, there: Mapping[str, int], target: Path) -> bool:
    """Write `image` to `target`, if what is missing can be read where the daemon keeps it.

    Args:
        there: the size in bytes of each layer that the runtime has, by its digest.

    Returns:
        whether it was written; if not, `docker save` has it.
    """
    with connected() as client:
        found = find(client, image.reference)
        near = stored(found) if found else None
    config = configuration(near.config, image.layers) if near else b""
    if near is None or _digest(config) != image.id:
        return False
    try:
        with tarfile.open(target, "w") as archive:
            sizes = {
                layer: there.get(layer) or _add_layer(archive, near, layer, target.parent)
                for layer in image.layers
            }
            _finish(archive, image, config, sizes)
    except Unreadable:
        return False
    return True


def _finish(
    archive: tarfile.TarFile, image: BuiltImage, config: bytes, sizes: Mapping[str, int]
) -> None:
    """Add all that tells of the layers."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}.manifest.v1+json",
        "config": _add(archive, "config.v1+json", config),
        "layers": [_described("layer.v1.tar", one, sizes[one]) for one in image.layers],
    }
    told = _add(archive, "manifest.v1+json", json.dumps(manifest).encode())
    told["annotations"] = {"io.containerd.image.name": image.reference}
    index = {"schemaVersion": 2, "manifests": [told]}
    add(archive, "index.json", json.dumps(index).encode())
    add(archive, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())


def _add(archive: tarfile.TarFile, kind: str, content: bytes) -> dict[str, Any]:
    digest = _digest(content)
    add(archive, _path(digest), content)
    return _described(kind, digest, len(content))


def _add_layer(archive: tarfile.TarFile, near: Stored, digest: str, place: Path) -> int:
    draft = place / "layer.tar"
    near.copy_layer(digest, draft)
    archive.add(draft, _path(digest))
    size = draft.stat().st_size
    draft.unlink()
    return size


def _described(kind: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": f"{_TYPE}.{kind}", "digest": digest, "size": size}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
