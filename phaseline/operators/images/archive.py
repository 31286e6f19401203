"""A docker-archive of one layer, the same to the last bit for the same layer."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

from phaseline.core.errors import HostUnfit
from phaseline.core.files import digest_sha256

# The date of every image: one that tells when it was made is another one each time.
CREATED = "2025-01-01T00:00:00Z"
_ENVIRONMENT = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C.UTF-8",
]
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture() -> str:
    """This machine's architecture in the words of image registries.

    Raises:
        HostUnfit: images are not made for this machine.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise HostUnfit(f"images cannot be made on {machine}", fix="use an x86_64 or ARM64 machine")
    return _ARCHITECTURES[machine]


def write_archive(layer: Path, reference: str, target: Path) -> str:
    """Pack the tar `layer` as an image named `reference` into `target`, for `docker load`.

    `docker import` would stamp the time, and so give a new ID to the same content.

    Returns:
        the image's ID, `sha256:…`.
    """
    config = json.dumps(_config(f"sha256:{digest_sha256(layer)}"), sort_keys=True).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": [reference], "Layers": ["layer.tar"]}]
    with tarfile.open(target, "w") as archive:
        add(archive, f"{digest}.json", config)
        add(archive, "manifest.json", json.dumps(manifest).encode())
        with layer.open("rb") as stream:
            header = tarfile.TarInfo("layer.tar")
            header.size = layer.stat().st_size
            archive.addfile(header, stream)
    return f"sha256:{digest}"


def _config(layer: str) -> dict[str, object]:
    return {
        "architecture": architecture(),
        "config": {"Env": _ENVIRONMENT},
        "created": CREATED,
        "history": [{"created": CREATED, "created_by": "unpacked Debian packages"}],
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    }


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add one file, undated."""
    header = tarfile.TarInfo(name)
    header.size = len(content)
    archive.addfile(header, io.BytesIO(content))
