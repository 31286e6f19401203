"""A Docker daemon on containerd's image store, as far as images are asked, given and loaded.

It answers as https://docs.docker.com/reference/api/engine/version/v1.48/ has it: `DriverStatus`
names containerd's snapshotter, `Id` is the digest of the manifest and so is `Descriptor`, an export
is an OCI layout with a `manifest.json` for older daemons, whose layers are compressed.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from phaseline.operators.images.archive import add
from tests.contract.images.registry import CONFIG, LAYER, MANIFEST, digest

_VERSION = "1.48"
_PATH = re.compile(r"(?:/v[\d.]+)?(/.*)")


@dataclass(frozen=True)
class Held:
    """One image: its configuration, and its compressed layers."""

    config: bytes
    layers: tuple[bytes, ...]

    @property
    def manifest(self) -> bytes:
        told = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _described(CONFIG, self.config),
            "layers": [_described(f"{LAYER}+gzip", one) for one in self.layers],
        }
        return json.dumps(told).encode()

    def inspected(self, tags: list[str]) -> dict[str, Any]:
        told = json.loads(self.config)
        return {
            "Id": digest(self.manifest),
            "Descriptor": _described(MANIFEST, self.manifest),
            "RepoTags": tags,
            "RepoDigests": [],
            "Size": sum(map(len, self.layers)),
            "GraphDriver": {"Name": "overlayfs", "Data": None},
            "RootFS": {"Type": "layers", "Layers": told["rootfs"]["diff_ids"]},
            "Config": told.get("config", {}),
        }

    def exported(self, name: str) -> bytes:
        index = {"schemaVersion": 2, "manifests": [_described(MANIFEST, self.manifest)]}
        listed = {
            "Config": _blob(self.config),
            "RepoTags": [name],
            "Layers": [_blob(one) for one in self.layers],
        }
        buffer = BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for content in dict.fromkeys((self.config, self.manifest, *self.layers)):
                add(archive, _blob(content), content)
            add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
            add(archive, "index.json", json.dumps(index).encode())
            add(archive, "manifest.json", json.dumps([listed]).encode())
        return buffer.getvalue()


@dataclass
class Store:
    """What the daemon holds by name, and what it was asked for."""

    images: dict[str, Held] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def found(self, name: str) -> Held | None:
        """By name or by its own ID; it knows no image by the digest of a configuration."""
        by_id = {digest(one.manifest): one for one in self.images.values()}
        return self.images.get(name) or by_id.get(name)

    def tags(self, held: Held) -> list[str]:
        return [name for name, one in self.images.items() if one == held]

    def load(self, content: bytes) -> None:
        with tarfile.open(fileobj=BytesIO(content)) as archive:
            (listed,) = json.loads(_read(archive, "manifest.json"))
            layers = (gzip.compress(_read(archive, one), mtime=0) for one in listed["Layers"])
            held = Held(_read(archive, listed["Config"]), tuple(layers))
        self.images.update(dict.fromkeys(listed["RepoTags"], held))

    def count(self, beginning: str) -> int:
        """How many requests were of this kind."""
        return sum(one.startswith(beginning) for one in self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ClassVar[Store]

    def do_HEAD(self) -> None:
        self._answer(200, b"")

    def do_GET(self) -> None:
        path = self._path()
        if path == "/_ping":
            self._answer(200, b"OK")
        elif path == "/version":
            self._tell(200, {"ApiVersion": _VERSION, "MinAPIVersion": "1.24", "Version": "28.0.0"})
        elif path == "/info":
            driver = ["driver-type", "io.containerd.snapshotter.v1"]
            self._tell(200, {"Driver": "overlayfs", "DriverStatus": [driver]})
        elif match := re.fullmatch("/images/(.+)/(json|get)", path):
            self._image(*match.groups())
        else:
            self._tell(404, {"message": f"not known here: {path}"})

    def do_POST(self) -> None:
        content, path = self._body(), self._path()
        if path == "/images/load":
            self.store.load(content)
            self._tell(200, {"stream": "Loaded image"})
        else:
            self._tell(404, {"message": f"not known here: {path}"})

    def _image(self, name: str, wanted: str) -> None:
        if (held := self.store.found(name)) is None:
            self._tell(404, {"message": f"No such image: {name}"})
        elif wanted == "json":
            self._tell(200, held.inspected(self.store.tags(held)))
        else:
            self._answer(200, held.exported(name), "application/x-tar")

    def _path(self) -> str:
        match = _PATH.fullmatch(unquote(urlsplit(self.path).path))
        assert match
        self.store.asked.append(f"{self.command} {match[1]}")
        return match[1]

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _tell(self, status: int, told: dict[str, Any]) -> None:
        self._answer(status, json.dumps(told).encode())

    def _answer(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Api-Version", _VERSION)
        self.send_header("Ostype", "linux")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(place: Path) -> Iterator[Store]:
    """Such a daemon on the socket file `place`."""
    store = Store()
    handler = type("Handler", (_Handler,), {"store": store})
    with socketserver.ThreadingUnixStreamServer(os.fspath(place), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()


def _described(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}


def _blob(content: bytes) -> str:
    return f"blobs/{digest(content).replace(':', '/')}"


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    assert stream
    return stream.read()
