"""The images that scenarios run: one static program, at two versions, on the node."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import tarfile
import tempfile
from pathlib import Path

from benchmarks.ai.manifests import REPOSITORY
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import golang
from phaseline.tools.toolchain import ensure

SOURCE = Path(__file__).parent / "image"
VERSIONS = ("1", "2")
_LIMIT = 600.0
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def bring(context: Context) -> None:
    """Build the images with the Go that the product has, and import them into the node."""
    node = access.node_images(context)
    if {f"{REPOSITORY}:{version}" for version in VERSIONS} <= node.names():
        return
    go = ensure("go").path
    with tempfile.TemporaryDirectory() as folder:
        for version in VERSIONS:
            program = Path(folder) / "scenario"
            _compile(go, version, program)
            archive = Path(folder) / "image.tar"
            archive.write_bytes(_archive(f"{REPOSITORY}:{version}", program.read_bytes()))
            node.import_file(archive)


def _compile(go: Path, version: str, target: Path) -> None:
    flags = f"-ldflags=-s -w -X main.version={version}"
    argv = (str(go), "build", "-trimpath", flags, "-o", str(target), ".")
    own = go.is_relative_to(Path.home() / ".cache")
    run(Command(argv=argv, cwd=SOURCE, timeout=_LIMIT, env=golang.environment(os.environ, own)))


def _archive(name: str, program: bytes) -> bytes:
    """A docker-archive of one layer with one program: the format of `docker save`."""
    layer = _tar({"scenario": program})
    config = json.dumps(
        {
            "architecture": _MACHINES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {"Entrypoint": ["/scenario"], "User": "65532:65532"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}"]},
        }
    ).encode()
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"config.json": config, "layer.tar": layer}
    return _tar({**files, "manifest.json": json.dumps(manifest).encode()})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
