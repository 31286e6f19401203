"""The digest of an image's configuration: the name that every container runtime agrees on.

A daemon with the classic store uses it as the image's ID. One on containerd's store uses the
manifest's digest instead, so there, and wherever proof is wanted, the exported image is asked.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from typing import IO, TYPE_CHECKING

from phaseline.core.errors import CheckFailed

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image


def config_digest(client: DockerClient, image: Image) -> str:
    """The digest of the image's configuration, `sha256:…`, as the daemon tells it."""
    if names_manifests(client):
        return exported_digest(image)
    assert image.id
    return image.id


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
    status = client.info().get("DriverStatus") or []
    return any("io.containerd.snapshotter" in str(value) for _, value in status)
