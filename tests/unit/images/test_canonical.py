"""What was built is rewritten so that time and place leave no trace."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.operators.images import saved as export
from phaseline.operators.images.archive import CREATED
from phaseline.operators.images.canonical import Layers, configuration, rewrite
from phaseline.operators.images.listing import lines_of

CAPABILITY = "SCHILY.xattr.security.capability"


def layer(
    names: list[str], *, time: float, links: dict[str, str] | None = None, who: str = ""
) -> bytes:
    """A layer with a file of each name, in this order, then hard links (name: file)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in names:
            header = tarfile.TarInfo(name)
            header.mtime, header.uname, header.size = time, who, len(name)
            header.pax_headers = {CAPABILITY: "\x01\x02", "atime": str(time)}
            archive.addfile(header, io.BytesIO(name.encode()))
        for name, file in (links or {}).items():
            header = tarfile.TarInfo(name)
            header.type, header.linkname, header.mtime = tarfile.LNKTYPE, file, time
            archive.addfile(header)
    return buffer.getvalue()


def rewritten(
    source: Path,
    target: Path,
    known: dict[str, str] | None = None,
    present: Sequence[Layers] = (),
) -> str:
    with export.opened(source) as built:
        return rewrite(built, target, "x:1", {} if known is None else known, present)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def saved(path: Path, layers: list[bytes], **config: Any) -> Path:
    """An archive as `docker save` writes it."""
    rootfs = {"type": "layers", "diff_ids": [digest(one) for one in layers]}
    content = json.dumps({"os": "linux", "rootfs": rootfs, **config}).encode()
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["x:raw"], "Layers": names}])
    files = {"config.json": content, "manifest.json": manifest.encode()}
    with tarfile.open(path, "w") as archive:
        for name, data in {**files, **dict(zip(names, layers, strict=True))}.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return path


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def test_time_order_and_builder_make_no_difference(tmp_path: Path) -> None:
    base = layer(["base"], time=5)
    one = saved(
        tmp_path / "1.tar",
        [base, layer(["b", "a"], time=1e9 + 0.5, who="me")],
        created="2020-01-01T00:00:00Z",
        history=[{"created": "2020-01-01T00:00:00Z", "created_by": "COPY"}],
    )
    two = saved(
        tmp_path / "2.tar",
        [base, layer(["a", "b"], time=2e9, who="you")],
        created="2021-01-01T00:00:00Z",
        history=[{"created": "2021-01-01T00:00:00Z", "created_by": "COPY"}],
        **{"moby.buildkit.buildinfo.v1": "traces"},
    )
    targets = [tmp_path / "1" / "out.tar", tmp_path / "2" / "out.tar"]
    ids = []
    for source, target in zip((one, two), targets, strict=True):
        target.parent.mkdir()
        ids.append(rewritten(source, target, {digest(base): digest(base)}))
    assert ids[0] == ids[1]
    assert targets[0].read_bytes() == targets[1].read_bytes()


def test_what_comes_out_can_be_loaded_and_named(tmp_path: Path) -> None:
    base, own = layer(["base"], time=5), layer(["a"], time=7)
    source = saved(tmp_path / "in.tar", [base, own], config={"User": "1"})
    identity = rewritten(source, tmp_path / "out.tar", {digest(base): digest(base)})
    files = members(tmp_path / "out.tar")
    (manifest,) = json.loads(files["manifest.json"])
    config = files[manifest["Config"]]
    assert manifest["RepoTags"] == ["x:1"]
    assert identity == digest(config)
    read = json.loads(config)
    assert read["config"] == {"User": "1"}
    assert read["created"] == CREATED
    assert [digest(files[name]) for name in manifest["Layers"]] == read["rootfs"]["diff_ids"]
    assert files[manifest["Layers"][0]] == base


def test_layers_of_another_base_are_rewritten_too(tmp_path: Path) -> None:
    layers = [layer(["base"], time=5), layer(["a"], time=7)]
    other = {digest(b"another"): digest(b"another")}
    rewritten(saved(tmp_path / "in.tar", layers), tmp_path / "out.tar", other)
    assert layers[0] not in members(tmp_path / "out.tar").values()


def test_layers_that_the_daemon_has_are_left_out(tmp_path: Path) -> None:
    layers = [layer(["base"], time=5), layer(["a"], time=7), layer(["b"], time=7)]
    source = saved(tmp_path / "in.tar", layers)
    known = {digest(layers[0]): digest(layers[0])}
    whole = rewritten(source, tmp_path / "whole.tar", known)
    final = tuple(known[digest(one)] for one in layers)
    present = [(final[0], final[1], "sha256:another"), final[1:]]
    assert rewritten(source, tmp_path / "out.tar", known, present) == whole
    assert digest(layers[0]) in map(digest, members(tmp_path / "whole.tar").values())
    left = {f"{one.removeprefix('sha256:')}.tar" for one in final}
    assert left & members(tmp_path / "out.tar").keys() == {f"{final[2][7:]}.tar"}


def test_equal_layers_are_there_once(tmp_path: Path) -> None:
    twice = [layer(["a"], time=1), layer(["a"], time=2)]
    rewritten(saved(tmp_path / "in.tar", twice), tmp_path / "out.tar")
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert len(archive.getnames()) == 3
    (manifest,) = json.loads(members(tmp_path / "out.tar")["manifest.json"])
    assert len(manifest["Layers"]) == 2


def test_a_configuration_keeps_what_tells_of_the_image() -> None:
    config = {
        "config": {"Labels": {"a": "b"}, "Hostname": "builder", "Cmd": None, "Env": []},
        "variant": "v8",
        "author": "",
        "moby.x": 1,
        "created": "now",
        "history": [{"created_by": "COPY", "created": "now", "empty_layer": False}],
    }
    assert json.loads(configuration(config, ["sha256:1"])) == {
        "config": {"Labels": {"a": "b"}},
        "variant": "v8",
        "created": CREATED,
        "history": [{"created_by": "COPY", "created": CREATED}],
        "rootfs": {"type": "layers", "diff_ids": ["sha256:1"]},
    }


def test_what_is_no_saved_image_is_told(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "in.tar", "w"):
        pass
    with pytest.raises(CommandFailed, match=r"holds no manifest\.json"):
        rewritten(tmp_path / "in.tar", tmp_path / "out.tar")


def test_an_image_can_be_read_as_lines(tmp_path: Path) -> None:
    layers = [layer(["base"], time=5), layer(["a"], time=7, links={"b": "a"})]
    with saved(tmp_path / "in.tar", layers, config={"User": "1"}).open("rb") as stream:
        lines = list(lines_of(stream))
    assert '    "User": "1"' in lines
    digest_of_a = hashlib.sha256(b"a").hexdigest()[:12]
    assert lines[-2:] == [
        f"layer 2: a 0644 0:0 7 {digest_of_a}",
        "layer 2: b -> a 0644 0:0 7 -",
    ]
