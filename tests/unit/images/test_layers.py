"""A layer has the same bytes from its tar and from the folder in which overlay2 keeps it."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from phaseline.operators.images import layers
from phaseline.operators.images.rootfs import EPOCH

CAPABILITY = "SCHILY.xattr.security.capability"
# cap_net_bind_service=ep, as the kernel keeps it
BIND = bytes.fromhex("0100000200040000000000000000000000000000")


def archived(path: Path, members: list[tarfile.TarInfo], contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for one in members:
            content = contents.get(one.name, b"")
            one.size = len(content)
            archive.addfile(one, io.BytesIO(content))
    return path


def member(
    name: str, kind: bytes = tarfile.REGTYPE, mode: int = 0o644, *, link: str = ""
) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.mtime = kind, mode, 1e9
    header.linkname = link
    return header


def settled(source: Path, target: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(source) as old:
        layers.write(layers.of_archive(old), target)
    with tarfile.open(target) as new:
        return new.getmembers()


def test_rewritten_again_a_layer_stays_as_it_is(tmp_path: Path) -> None:
    names = ["b/c", "a", "d" * 150]
    first = member("a")
    first.pax_headers = {CAPABILITY: "\x01\x02", "atime": "5", "SCHILY.xattr.user.x": "y"}
    members = [member("b/c"), first, member("d" * 150), member("aa", tarfile.LNKTYPE, link="b/c")]
    source = archived(tmp_path / "0.tar", members, {name: name.encode() for name in names})
    once = settled(source, tmp_path / "1.tar")
    settled(tmp_path / "1.tar", tmp_path / "2.tar")
    assert (tmp_path / "1.tar").read_bytes() == (tmp_path / "2.tar").read_bytes()
    assert [one.name for one in once] == ["a", "aa", "d" * 150, "b/c"]
    assert {one.mtime for one in once} == {EPOCH}
    assert once[0].pax_headers == {CAPABILITY: "\x01\x02"}


def test_of_a_file_with_several_names_the_first_is_the_file(tmp_path: Path) -> None:
    one = [member("z"), member("a", tarfile.LNKTYPE, link="z")]
    two = [member("a"), member("z", tarfile.LNKTYPE, link="a")]
    for number, (members, file) in enumerate(((one, "z"), (two, "a"))):
        source = archived(tmp_path / f"in-{number}.tar", members, {file: b"text"})
        found = settled(source, tmp_path / f"out-{number}.tar")
        assert [(each.name, each.linkname, each.size) for each in found] == [
            ("a", "", 4),
            ("z", "a", 0),
        ]
    assert (tmp_path / "out-0.tar").read_bytes() == (tmp_path / "out-1.tar").read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="devices and file capabilities are root's to make")
def test_a_folder_of_overlay2_gives_the_same_bytes_as_the_tar(tmp_path: Path) -> None:
    folder = tmp_path / "diff"
    (folder / "etc/emptied").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin/tool").write_text("tool")
    (folder / "bin/tool").chmod(0o4755)
    os.setxattr(folder / "bin/tool", "security.capability", BIND)
    os.link(folder / "bin/tool", folder / "bin/alias")
    (folder / "bin/link").symlink_to("tool")
    (folder / "bin/folder").symlink_to("/etc", target_is_directory=True)
    os.mkfifo(folder / "bin/pipe", 0o600)
    os.mknod(folder / "bin/gone", stat.S_IFCHR, os.makedev(0, 0))
    os.setxattr(folder / "etc/emptied", "trusted.overlay.opaque", b"y")
    os.chown(folder / "etc", 7, 8)

    tool = member("bin/tool", mode=0o4755)
    tool.pax_headers = {CAPABILITY: BIND.decode("utf-8", "surrogateescape")}
    etc = member("etc", tarfile.DIRTYPE, 0o755)
    etc.uid, etc.gid = 7, 8
    members = [
        etc,
        member("etc/emptied", tarfile.DIRTYPE, 0o755),
        member("etc/emptied/.wh..wh..opq", mode=0o755),
        member("bin/", tarfile.DIRTYPE, 0o755),
        member("bin/.wh.gone", mode=0o600),
        tool,
        member("bin/alias", tarfile.LNKTYPE, 0o4755, link="bin/tool"),
        member("bin/link", tarfile.SYMTYPE, 0o777, link="tool"),
        member("bin/folder", tarfile.SYMTYPE, 0o777, link="/etc"),
        member("bin/pipe", tarfile.FIFOTYPE, 0o600),
    ]
    settled(archived(tmp_path / "in.tar", members, {"bin/tool": b"tool"}), tmp_path / "tar.tar")
    layers.write(layers.of_folder(folder), tmp_path / "folder.tar")
    assert (tmp_path / "folder.tar").read_bytes() == (tmp_path / "tar.tar").read_bytes()
