"""What one layer holds, read once and kept by its digest: members, secrets, packages.

Format of a layer: the OCI image specification, layer.md (whiteouts are empty files `.wh.NAME`;
`.wh..wh..opq` empties its folder).
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from phaseline.core.files import write_atomic
from phaseline.core.workspace import cache_folder
from phaseline.operators.images.checks import packages, secrets
from phaseline.operators.images.checks.packages import Package

_FORMAT = f"1-{secrets.FORMAT}"  # raise it when what is read of a layer changes
_CAPABILITY = "SCHILY.xattr.security.capability"
_KINDS = {tarfile.SYMTYPE: "link", tarfile.DIRTYPE: "folder", tarfile.LNKTYPE: "file"}
_SMALL = 8 << 20  # bytes of a layer that costs next to nothing to read
_DEVICES = (tarfile.CHRTYPE, tarfile.BLKTYPE)


@dataclass(frozen=True)
class Member:
    """One file, folder, link or device; `mode` has the permission and set-id bits."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    capable: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer by its digest (of the unpacked tar).

    Attributes:
        members: by absolute path.
        secrets: kinds of secrets by the path of the file that holds them.
        packages: those that files of this layer speak of, by the file's path.
    """

    digest: str
    members: Mapping[str, Member]
    secrets: Mapping[str, list[str]]
    packages: Mapping[str, list[Package]]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(member.size for member in self.members.values())


def recalled(digest: str) -> Layer | None:
    """What was read of the layer before; None where it was not."""
    try:
        content = json.loads(_place(digest).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return Layer(
        digest=digest,
        members={path: Member(*fields) for path, fields in content["members"].items()},
        secrets=content["secrets"],
        packages={
            path: [Package(**one) for one in listed] for path, listed in content["packages"].items()
        },
    )


def read(digest: str, stream: IO[bytes]) -> Layer:
    """Read the layer's tar, and keep what was read under `digest`, which must be its own."""
    members: dict[str, Member] = {}
    secret: dict[str, list[str]] = {}
    told: dict[str, list[Package]] = {}
    with tarfile.open(fileobj=stream) as archive:
        for header in archive:
            path = "/" + header.name.removeprefix("./").strip("/")
            members[path] = _member(header)
            content = _content(archive, header)
            if kinds := list(secrets.in_file(path, content)):
                secret[path] = kinds
            if packages.tells(path):
                told[path] = packages.told(path, content)
    layer = Layer(digest, members, secret, told)
    write_atomic(_place(digest), json.dumps(_plain(layer)))
    return layer


def read_ahead(archive: Path) -> None:
    """Read the small layers of an image while they are at hand, before the daemon has them.

    Their names in `archive` are their digests, which `canonical.rewrite` has computed. After an
    edit the image need not be exported to be looked through; that takes as long as it is large.
    """
    with tarfile.open(archive) as whole:
        for header in whole:
            name, _, kind = header.name.partition(".")
            if kind != "tar" or header.size > _SMALL or _place(name).exists():
                continue
            stream = whole.extractfile(header)
            assert stream
            read(f"sha256:{name}", stream)


def merged(layers: Sequence[Layer]) -> dict[str, tuple[int, Member]]:
    """The file system of the layers laid over each other, lowest first; pure.

    Returns:
        by path: the index of the layer that it comes from, and the member.
    """
    whole: dict[str, tuple[int, Member]] = {}
    for index, layer in enumerate(layers):
        for gone in _removed(layer):
            _take_away(whole, gone)
        for path, member in layer.members.items():
            if "/.wh." in path:
                continue
            if member.kind != "folder" and path in whole and whole[path][1].kind == "folder":
                _take_away(whole, path)
            whole[path] = index, member
    return whole


def _removed(layer: Layer) -> Iterator[str]:
    for path in layer.members:
        folder, mark, name = path.rpartition("/.wh.")
        if mark:
            yield f"{folder}/" if name == ".wh..opq" else f"{folder}/{name}"


def _take_away(whole: dict[str, tuple[int, Member]], path: str) -> None:
    """Remove what is at `path` and below; of a path that ends in a slash, only what is below."""
    below = path if path.endswith("/") else f"{path}/"
    for known in [one for one in whole if one == path or one.startswith(below)]:
        del whole[known]


def _member(header: tarfile.TarInfo) -> Member:
    kind = "device" if header.type in _DEVICES else _KINDS.get(header.type, "file")
    size = header.size if header.isreg() else 0
    capable = _CAPABILITY in header.pax_headers
    return Member(kind, header.mode & 0o7777, header.uid, header.gid, size, capable)


def _content(archive: tarfile.TarFile, header: tarfile.TarInfo) -> bytes:
    if not header.isreg() or header.size > secrets.LARGEST:
        return b""
    stream = archive.extractfile(header)
    return stream.read() if stream else b""


def _plain(layer: Layer) -> dict[str, Any]:
    return {
        "members": {path: list(asdict(one).values()) for path, one in layer.members.items()},
        "secrets": layer.secrets,
        "packages": {path: [asdict(p) for p in some] for path, some in layer.packages.items()},
    }


def _place(digest: str) -> Path:
    return cache_folder() / "surveys" / _FORMAT / f"{digest.removeprefix('sha256:')}.json"
