"""Components and images for the tests of checks, made without a daemon."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from typing import Any

from phaseline.core.settings import Component
from phaseline.operators.images import labels
from phaseline.operators.images.checks import layer
from phaseline.operators.images.checks.layer import Layer
from phaseline.operators.images.checks.survey import Survey

Files = Mapping[str, bytes | tuple[bytes, int] | tarfile.TarInfo]


def component(**fields: object) -> Component:
    return Component.model_validate(
        {
            "name": "backend",
            "role": "backend",
            "image": f"registry.invalid/thing@sha256:{'0' * 64}",
            "values": "backend.image",
            "port": 8000,
            "size_mb": 1,
            **fields,
        }
    )


def tar_of(files: Files) -> bytes:
    """A layer: content by path, or content and mode, or a header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, given in files.items():
            if isinstance(given, tarfile.TarInfo):
                given.name = path.lstrip("/")
                archive.addfile(given)
                continue
            content, mode = given if isinstance(given, tuple) else (given, 0o644)
            header = tarfile.TarInfo(path.lstrip("/"))
            header.size, header.mode = len(content), mode
            archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def layer_of(files: Files) -> Layer:
    """The layer, read; the cache must be the test's own."""
    content = tar_of(files)
    return layer.read(f"sha256:{hashlib.sha256(content).hexdigest()}", io.BytesIO(content))


def good_run() -> dict[str, Any]:
    """The settings of an image without a fault."""
    return {
        "User": "10001:10001",
        "ExposedPorts": {"8000/tcp": {}},
        "Healthcheck": {"Test": ["CMD", "/app"]},
        "Env": ["PATH=/usr/bin", "HOME=/"],
        "Labels": dict.fromkeys(labels.wanted(component()), "said"),
    }


def image_of(*layers: Files, run: Mapping[str, Any] | None = None, **fields: Any) -> Survey:
    """An image of these layers."""
    return Survey(
        **{
            "id": f"sha256:{'1' * 64}",
            "architecture": "amd64",
            "run": good_run() if run is None else run,
            "history": (),
            "layers": tuple(layer_of(one) for one in layers),
            **fields,
        }
    )
