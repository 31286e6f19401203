"""A registry of one image, as the distribution specification has it, for pulls by digest."""

from __future__ import annotations

import hashlib
import json
import tarfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

from phaseline.operators.images.archive import architecture

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _layer() -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        header = tarfile.TarInfo("etc/upstream")
        header.size = 4
        archive.addfile(header, BytesIO(b"yes\n"))
    return buffer.getvalue()


@dataclass
class Registry:
    """What it holds, by digest, and what it was asked for."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    manifest: str = ""
    config: str = ""
    host: str = ""
    layer: bytes = b""  # of the image; by default one small file

    def __post_init__(self) -> None:
        layer = self.layer or _layer()
        rootfs = {"type": "layers", "diff_ids": [digest(layer)]}
        image = {"architecture": architecture(), "os": "linux", "config": {}, "rootfs": rootfs}
        self.config = self._add(json.dumps(image).encode())
        parts = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._described(CONFIG, self.config),
            "layers": [self._described(LAYER, self._add(layer))],
        }
        self.manifest = self._add(json.dumps(parts).encode())

    def _add(self, content: bytes) -> str:
        self.blobs[digest(content)] = content
        return digest(content)

    def _described(self, kind: str, name: str) -> dict[str, object]:
        return {"mediaType": kind, "digest": name, "size": len(self.blobs[name])}

    @property
    def reference(self) -> str:
        """The image's name, by digest."""
        return f"{self.host}/library/base@{self.manifest}"


def serve(registry: Registry) -> ThreadingHTTPServer:
    """Answer for `registry` on a free port of 127.0.0.1 until shut down."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            registry.asked.append(self.path)
            content = registry.blobs.get(self.path.rpartition("/")[2])
            found = self.path == "/v2/" or content is not None
            payload = content if content is not None else b"{}"
            self.send_response(200 if found else 404)
            is_manifest = "/manifests/" in self.path
            self.send_header("Content-Type", MANIFEST if is_manifest else "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            if body:
                self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: what was asked is in `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.host = f"127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    return server
