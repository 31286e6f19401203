"""The digest of an image's configuration: the name that every container runtime agrees on.

A daemon with the classic store uses it as the image's ID. One on containerd's store (the default of
new installations from Docker 29) uses the digest of the manifest, or of the index above it; there
the exported image is asked. A manifest names its configuration by digest, so what was found once
for an ID holds for ever, and is kept in the user's cache.

See https://docs.docker.com/engine/storage/containerd/.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from phaseline.core.errors import CheckFailed
from phaseline.core.files import write_atomic
from phaseline.core.workspace import cache_folder

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def config_digest(client: DockerClient, image: Image) -> str:
    """The digest of the image's configuration, `sha256:…`, as the daemon tells it.

    Raises:
        CheckFailed: as `exported_digest`.
    """
    assert image.id
    if not names_manifests(client):
        return image.id
    if not (digest := known_digest(image.id)):
        digest = exported_digest(image)
        write_atomic(_note(image.id), digest)
    return digest


def known_digest(identity: str) -> str:
    """What was found before for an image that a daemon calls `identity`; empty if nothing was."""
    try:
        text = _note(identity).read_text()
    except FileNotFoundError:
        return ""
    return text if _DIGEST.fullmatch(text) else ""


def _note(identity: str) -> Path:
    return cache_folder() / "configurations" / identity.removeprefix("sha256:")


def exported_digest(image: Image) -> str:
    """The digest of the configuration that `docker save` gives for the image, computed here.

    Raises:
        CheckFailed: the export holds no configuration.
    """
    with tempfile.TemporaryFile() as stream:
        stream.writelines(image.save())
        stream.seek(0)
        return _digest(stream, str(image.id))


def _digest(stream: IO[bytes], name: str) -> str:
    with tarfile.open(fileobj=stream) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest
        config = archive.extractfile(json.load(manifest)[0]["Config"])
        if config is None:
            raise CheckFailed(f"the export of {name} holds no configuration")
        return f"sha256:{hashlib.sha256(config.read()).hexdigest()}"


def names_manifests(client: DockerClient) -> bool:
    """Whether the daemon is on containerd's store, and so calls images by their manifests."""
    status = client.info().get("DriverStatus") or []
    return any("io.containerd.snapshotter" in str(value) for _, value in status)
