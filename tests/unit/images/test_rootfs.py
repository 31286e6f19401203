"""The layer of a base image: what is left out, what is made up, and that it is reproducible."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.core.settings import Base
from phaseline.operators.images import rootfs

UPSTREAM = f"docker.io/library/thing@sha256:{'0' * 64}"


def make_base(**fields: object) -> Base:
    return Base.model_validate({"upstream": UPSTREAM, "packages": ["thing"], **fields})


def pack(target: Path, members: dict[str, str | bytes], *, mtime: int = 1) -> Path:
    """A tar as mmdebstrap writes it: bytes are files, text is a symbolic link's target."""
    with tarfile.open(target, "w") as archive:
        for path, content in members.items():
            header = tarfile.TarInfo(f"./{path}")
            header.mtime, header.mode = mtime, 0o755
            if path.endswith("/"):
                header.type = tarfile.DIRTYPE
                archive.addfile(header)
            elif isinstance(content, str):
                header.type, header.linkname = tarfile.SYMTYPE, content
                archive.addfile(header)
            else:
                header.size = len(content)
                archive.addfile(header, io.BytesIO(content))
    return target


CONTROL = "Package: tool\nVersion: 1:2\nSource: tools\nArchitecture: amd64\n"


def debian_package(control: str) -> bytes:
    """deb(5): an ar archive of debian-binary, control.tar and data.tar."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:xz") as archive:
        header = tarfile.TarInfo("./control")
        header.size = len(control)
        archive.addfile(header, io.BytesIO(control.encode()))
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": inner.getvalue(), "data.tar": b""}
    whole = b"!<arch>\n"
    for name, content in parts.items():
        whole += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        whole += content + b"\n" * (len(content) % 2)
    return whole


def unpack(layer: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(layer) as archive:
        return {member.name: member for member in archive}


def text_of(layer: Path, path: str) -> str:
    with tarfile.open(layer) as archive:
        stream = archive.extractfile(path)
        assert stream
        return stream.read().decode()


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("/usr/bin/python3", {}, True),
        ("/usr/bin/perl", {"keep_out": ["/usr/bin/*"]}, False),
        ("/usr/bin/python3", {"keep_out": ["/usr/bin/*"], "keep": ["/usr/bin/python3*"]}, True),
        ("/usr/share/doc/a/b/c", {"keep_out": ["/usr/share/doc/*"]}, False),
        ("/etc/apt/sources.list", {}, False),
        ("/etc/hostname", {"keep": ["/etc/hostname"]}, False),
        ("/dev/null", {}, False),
        ("/var/lib/dpkg/status", {}, False),
    ],
)
def test_what_is_kept(path: str, fields: dict[str, object], expected: bool) -> None:
    assert rootfs.kept(path, make_base(**fields)) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/cache/apt/archives/libc6_2.36-9+deb12u14_amd64.deb", ("libc6", "2.36-9+deb12u14")),
        ("/var/cache/apt/archives/zlib1g_1%3a1.2.13_amd64.deb", ("zlib1g", "1:1.2.13")),
        ("/usr/share/thing_1_amd64.deb", None),
        ("/var/cache/apt/archives/lock", None),
    ],
)
def test_versions_are_read_from_archive_names(path: str, expected: tuple[str, str] | None) -> None:
    assert rootfs.package_of(path) == expected


def test_the_layer_holds_what_was_kept_and_what_scripts_would_have_made(tmp_path: Path) -> None:
    unpacked = pack(
        tmp_path / "unpacked.tar",
        {
            "dev/": "",
            "dev/null": b"",
            "usr/": "",
            "usr/bin/": "",
            "usr/bin/tool": b"program",
            "usr/bin/other": b"program",
            "usr/share/ca-certificates/mozilla/B.crt": b"second\n",
            "usr/share/ca-certificates/mozilla/A.crt": b"first\n",
            "var/cache/apt/archives/tool_1%3a2_amd64.deb": debian_package(CONTROL),
        },
    )
    base = make_base(
        keep_out=["/usr/bin/*"],
        keep=["/usr/bin/tool"],
        users=["todo:x:7:8::/:/bin/false"],
        folders={"/var/lib/tool": "0750"},
        links={"/usr/sbin/alias": "/usr/bin/tool"},
    )

    packages = rootfs.assemble(unpacked, base, tmp_path / "layer.tar")

    members = unpack(tmp_path / "layer.tar")
    assert packages == {"tool": "1:2"}
    assert {"usr/bin/tool", "tmp", "etc/passwd", "usr/sbin/alias"} <= members.keys()
    assert not {"usr/bin/other", "dev", "dev/null", "var/cache"} & members.keys()
    assert members["tmp"].mode == 0o1777
    assert members["var/lib/tool"].mode == 0o750
    assert members["usr/sbin/alias"].linkname == "/usr/bin/tool"
    layer = tmp_path / "layer.tar"
    assert text_of(layer, "etc/ssl/certs/ca-certificates.crt") == "first\nsecond\n"
    assert "todo:x:7:8::/:/bin/false" in text_of(layer, "etc/passwd")
    assert "todo:x:8:" in text_of(layer, "etc/group")
    status = text_of(layer, "var/lib/dpkg/status.d/tool")
    assert status == CONTROL.replace("tool\n", "tool\nStatus: install ok installed\n", 1)


@pytest.mark.parametrize("archive", [b"", b"archive", debian_package(CONTROL)[:80]])
def test_what_is_no_debian_package_is_refused(archive: bytes) -> None:
    with pytest.raises(CommandFailed, match="no control file"):
        rootfs.control_of(io.BytesIO(archive))


def test_parents_stand_before_their_children(tmp_path: Path) -> None:
    unpacked = pack(tmp_path / "unpacked.tar", {"opt/a/b/file": b"x"})
    rootfs.assemble(unpacked, make_base(links={"/srv/one/two": "/x"}), tmp_path / "layer.tar")
    seen: set[str] = set()
    for name in unpack(tmp_path / "layer.tar"):
        parent = name.rpartition("/")[0]
        assert not parent or parent in seen, name
        seen.add(name)


def test_a_hard_link_survives_the_loss_of_its_other_name(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "unpacked.tar", "w") as archive:
        first = tarfile.TarInfo("./usr/bin/gone")
        first.size = 4
        archive.addfile(first, io.BytesIO(b"data"))
        second = tarfile.TarInfo("./usr/lib/stays")
        second.type, second.linkname = tarfile.LNKTYPE, "./usr/bin/gone"
        archive.addfile(second)
    base = make_base(keep_out=["/usr/bin/*"])
    rootfs.assemble(tmp_path / "unpacked.tar", base, tmp_path / "layer.tar")
    assert text_of(tmp_path / "layer.tar", "usr/lib/stays") == "data"


def test_times_and_order_do_not_reach_the_layer(tmp_path: Path) -> None:
    one = pack(tmp_path / "1.tar", {"a": b"x", "b": b"y"}, mtime=1)
    two = pack(tmp_path / "2.tar", {"b": b"y", "a": b"x"}, mtime=2)
    rootfs.assemble(one, make_base(), tmp_path / "1.layer")
    rootfs.assemble(two, make_base(), tmp_path / "2.layer")
    assert (tmp_path / "1.layer").read_bytes() == (tmp_path / "2.layer").read_bytes()
