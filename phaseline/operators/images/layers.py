"""A layer's members in one form, whenever and wherever it was made: dates fixed, sorted.

Read from a layer's tar or from the folder in which the daemon's overlay2 driver keeps it; both
give the same bytes. Formats: OCI image specification, layer.md (whiteouts); the kernel's
overlayfs.rst (how overlay2 marks what is gone).
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from phaseline.core.files import digest_sha256
from phaseline.operators.images.rootfs import EPOCH

_CAPABILITY = "security.capability"
_IN_TAR = f"SCHILY.xattr.{_CAPABILITY}"  # an extended attribute in a PAX header
_GONE, _OPAQUE = ".wh.", ".wh..wh..opq"
_KINDS = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
}


@dataclass(frozen=True)
class Member:
    """One member: its header, and for a file that is no hard link how to read it."""

    header: tarfile.TarInfo
    opened: Callable[[], IO[bytes] | None] = lambda: None


def write(members: list[Member], target: Path) -> str:
    """Write `members` to the tar `target`; returns its digest, `sha256:…`."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(members, key=lambda one: (one.header.islnk(), one.header.name)):
            stream = member.opened()
            try:
                new.addfile(member.header, stream)
            finally:
                if stream:
                    stream.close()
    return f"sha256:{digest_sha256(target)}"


def of_archive(old: tarfile.TarFile) -> list[Member]:
    """The members of a layer's tar, which must stay open while they are used."""
    found = old.getmembers()
    files = {one.name: one for one in found if one.isreg()}
    names = {name: [name] for name in files}
    members = []
    for one in found:
        if one.islnk() and one.linkname in files:
            names[one.linkname].append(one.name)
        elif not one.isreg():
            members.append(Member(_header(one.name, one)))
    for name, file in files.items():
        opened = partial(old.extractfile, file)
        members += _named(sorted(names[name]), file, opened)
    return members


def of_folder(folder: Path) -> list[Member]:
    """The members of the layer that overlay2 keeps in `folder`."""
    members: list[Member] = []
    files: dict[int, list[Path]] = {}
    for path in sorted(_below(folder)):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            files.setdefault(status.st_ino, []).append(path)
        else:
            members += _no_file(str(path.relative_to(folder)), path, status)
    for paths in files.values():
        names = sorted(str(path.relative_to(folder)) for path in paths)
        header = _of_status(names[0], paths[0], paths[0].lstat())
        members += _named(names, header, partial(_opened, paths[0]))
    return members


def _no_file(name: str, path: Path, status: os.stat_result) -> Iterator[Member]:
    """A folder, link or device, or what overlay2 wrote in the place of something removed."""
    if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
        place = PurePosixPath(name)
        yield Member(_whiteout(str(place.with_name(f"{_GONE}{place.name}"))))
        return
    yield Member(_of_status(name, path, status))
    if stat.S_ISDIR(status.st_mode) and _is_opaque(path):
        yield Member(_whiteout(f"{name}/{_OPAQUE}"))


def _named(
    names: list[str], header: tarfile.TarInfo, opened: Callable[[], IO[bytes] | None]
) -> Iterator[Member]:
    """A file and its hard links: the file is the one whose name sorts first."""
    first, *others = names
    yield Member(_header(first, header), opened)
    for name in others:
        link = _header(name, header)
        link.type, link.linkname, link.size = tarfile.LNKTYPE, first, 0
        yield Member(link)


def _header(name: str, old: tarfile.TarInfo) -> tarfile.TarInfo:
    if PurePosixPath(name).name.startswith(_GONE):
        return _whiteout(name)
    header = tarfile.TarInfo(name)
    for field in ("type", "mode", "uid", "gid", "linkname", "devmajor", "devminor"):
        setattr(header, field, getattr(old, field))
    header.size = old.size if old.isreg() else 0
    header.mtime = EPOCH
    header.pax_headers = {k: v for k, v in old.pax_headers.items() if k == _IN_TAR}
    return header


def _of_status(name: str, path: Path, status: os.stat_result) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type = _KINDS[stat.S_IFMT(status.st_mode)]
    found.mode, found.uid, found.gid = stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
    found.size = status.st_size if found.isreg() else 0
    if found.issym():
        found.linkname = str(path.readlink())
    if found.isdev():
        found.devmajor, found.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
    if found.isreg() and (capability := _attribute(path, _CAPABILITY)):
        found.pax_headers = {_IN_TAR: capability.decode("utf-8", "surrogateescape")}
    return _header(name, found)


def _whiteout(name: str) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.mode, header.mtime = 0o600, EPOCH
    return header


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _is_opaque(path: Path) -> bool:
    return any(_attribute(path, f"{root}.overlay.opaque") == b"y" for root in ("trusted", "user"))


def _attribute(path: Path, name: str) -> bytes:
    try:
        return os.getxattr(path, name, follow_symlinks=False)
    except OSError:  # it has none
        return b""
