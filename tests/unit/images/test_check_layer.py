"""Layers: read once, kept by digest, laid over each other."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.operators.images.archive import write_archive
from phaseline.operators.images.checks import layer
from phaseline.operators.images.checks.survey import exported
from tests.unit.images.surveyed import Files, layer_of, tar_of

pytestmark = pytest.mark.usefixtures("own_cache")

STATUS = b"Package: libc6\nStatus: install ok installed\nSource: glibc (2.36)\nVersion: 2.36-9\n"


def test_a_layer_is_read_once_and_remembered_as_it_was_read() -> None:
    read = layer_of(
        {
            "/app/key": b"AK" + b"IA" + b"Z" * 16,
            "/var/lib/dpkg/status.d/libc6": STATUS,
            "/bin/su": (b"", 0o4755),
        }
    )
    assert layer.recalled(read.digest) == read
    assert read.secrets == {"/app/key": ["AWS access key"]}
    assert [one.source for one in read.packages["/var/lib/dpkg/status.d/libc6"]] == ["glibc"]
    assert read.size == 20 + len(STATUS)


def test_what_is_remembered_in_halves_is_read_again(own_cache: Path) -> None:
    read = layer_of({"/a": b"a"})
    (kept,) = own_cache.rglob("*.json")
    kept.write_text(kept.read_text()[:20])
    assert layer.recalled(read.digest) is None


def paths(*layers: Files) -> set[str]:
    return set(layer.merged([layer_of(one) for one in layers]))


def test_layers_are_laid_over_each_other() -> None:
    folder = tarfile.TarInfo()
    folder.type = tarfile.DIRTYPE
    below: Files = {"/a/x": b"", "/a/y/z": b"", "/b": b"", "/ab": b""}
    assert paths(below, {"/.wh.a": b""}) == {"/b", "/ab"}
    assert paths(below, {"/a/.wh.x": b""}) == {"/a/y/z", "/b", "/ab"}
    assert paths(below, {"/a/.wh..wh..opq": b"", "/a/new": b""}) == {"/a/new", "/b", "/ab"}
    assert paths({"/a": folder, "/a/x": b""}, {"/a": b"a file now"}) == {"/a"}


def test_a_member_is_told_with_the_layer_that_it_comes_from() -> None:
    merged = layer.merged([layer_of({"/a": (b"", 0o600)}), layer_of({"/a": (b"", 0o644)})])
    index, member = merged["/a"]
    assert (index, member.mode) == (1, 0o644)


def test_a_layer_of_an_export_is_checked_against_its_digest(tmp_path: Path) -> None:
    (tmp_path / "layer").write_bytes(tar_of({"/a": b"a"}))
    write_archive(tmp_path / "layer", "x:1", tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as archive:
        names = archive.getnames()
        contents = {name: archive.extractfile(name).read() for name in names}  # type: ignore[union-attr]
    config = json.loads(
        next(v for k, v in contents.items() if k not in ("manifest.json", "layer.tar"))
    )
    (digest,) = config["rootfs"]["diff_ids"]
    with (tmp_path / "image.tar").open("rb") as stream:
        assert exported(stream, [digest])[digest].digest == digest
    contents["layer.tar"] = tar_of({"/a": b"b"})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in contents.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    buffer.seek(0)
    assert exported(buffer, [digest])[digest].digest != digest
    assert layer.recalled(digest) is not None  # the true one, which was read before


def test_an_export_that_lacks_a_layer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "layer").write_bytes(tar_of({"/a": b"a"}))
    write_archive(tmp_path / "layer", "x:1", tmp_path / "image.tar")
    with (tmp_path / "image.tar").open("rb") as stream, pytest.raises(CommandFailed):
        exported(stream, ["sha256:absent"])


def test_small_layers_are_read_before_the_daemon_has_them(tmp_path: Path) -> None:
    small, large = tar_of({"/a": b"a"}), tar_of({"/b": b"b" * (9 << 20)})
    digests = [hashlib.sha256(one).hexdigest() for one in (small, large)]
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        files = {f"{digests[0]}.tar": small, f"{digests[1]}.tar": large, "manifest.json": b"[]"}
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    layer.read_ahead(tmp_path / "image.tar")
    known = [layer.recalled(f"sha256:{digest}") for digest in digests]
    assert [one and list(one.members) for one in known] == [["/a"], None]
