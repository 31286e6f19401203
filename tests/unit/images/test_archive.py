"""The docker-archive: its ID is the digest of its configuration, and stable."""

from __future__ import annotations

import hashlib
import json
import platform
import tarfile
from pathlib import Path

import pytest

from phaseline.core.errors import HostUnfit
from phaseline.operators.images import archive
from phaseline.operators.images.archive import write_archive


def layer_of(folder: Path, content: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "file").write_text(content)
    target = folder / "layer.tar"
    with tarfile.open(target, "w") as tar:
        header = tarfile.TarInfo("file")
        header.size = len(content)
        with (folder / "file").open("rb") as stream:
            tar.addfile(header, stream)
    return target


def content_of(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    assert stream
    return stream.read()


def test_the_id_is_the_digest_of_the_configuration(tmp_path: Path) -> None:
    layer = layer_of(tmp_path, "one")
    identity = write_archive(layer, "localhost/a:b", tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as tar:
        manifest = json.loads(content_of(tar, "manifest.json"))
        config = content_of(tar, manifest[0]["Config"])
    assert manifest[0]["RepoTags"] == ["localhost/a:b"]
    assert identity == f"sha256:{hashlib.sha256(config).hexdigest()}"
    expected = f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}"
    assert json.loads(config)["rootfs"]["diff_ids"] == [expected]


def test_the_same_layer_gives_the_same_bytes_and_another_another_id(tmp_path: Path) -> None:
    one = write_archive(layer_of(tmp_path / "a", "x"), "localhost/a:b", tmp_path / "1.tar")
    two = write_archive(layer_of(tmp_path / "b", "x"), "localhost/a:b", tmp_path / "2.tar")
    other = write_archive(layer_of(tmp_path / "c", "y"), "localhost/a:b", tmp_path / "3.tar")
    assert one == two != other
    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "sparc64")
    with pytest.raises(HostUnfit, match="sparc64"):
        archive.architecture()
