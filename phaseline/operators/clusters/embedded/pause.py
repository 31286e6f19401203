"""The sandbox image that holds a pod's namespaces: one static program that waits and reaps."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import tarfile
from pathlib import Path

from phaseline.core.errors import ToolMissing
from phaseline.core.files import write_atomic
from phaseline.operators.clusters.embedded.layout import PAUSE

_EPOCH = "1970-01-01T00:00:00Z"


def write(target: Path) -> Path:
    """Write the image as a docker-archive at `target`; the same program gives the same bytes.

    The program is catatonit, which podman uses for the same purpose.

    Raises:
        ToolMissing: catatonit is not installed.
    """
    program = shutil.which("catatonit")
    if program is None:
        raise ToolMissing("`catatonit` is not there", fix="apt-get install catatonit")
    layer = _tar({"catatonit": Path(program).read_bytes()})
    config = _json(
        {
            "architecture": _architecture(),
            "os": "linux",
            "created": _EPOCH,
            "config": {"Entrypoint": ["/catatonit", "-P"], "User": "65535:65535"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}"]},
        }
    )
    name = f"{_digest(config)}.json"
    manifest = [{"Config": name, "RepoTags": [PAUSE], "Layers": ["layer.tar"]}]
    archive = _tar({name: config, "layer.tar": layer, "manifest.json": _json(manifest)})
    return write_atomic(target, archive)


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
