"""From unpacked Debian packages to a base image's one layer: less, plus what scripts would make.

Debian's maintainer scripts do not run when packages are only unpacked. What they would have made
and a server needs is written here: users, the bundle of CA certificates, folders and links.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote

from phaseline.core.errors import CommandFailed
from phaseline.core.settings import Base

# Fixed, so that equal packages give an equal layer: 2025-01-01T00:00:00Z.
EPOCH = 1735689600

_AR = b"!<arch>\n"

# The packaging's own state and what belongs to the machine that made it.
_NEVER = (
    "/dev/*",
    "/etc/apt*",
    "/etc/fstab",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/run/*",
    "/tmp/*",  # noqa: S108 - a path inside the image
    "/var/cache/apt*",
    "/var/lib/apt*",
    "/var/lib/dpkg*",
    "/var/log/*",
)
_USERS = ("root:x:0:0:root:/root:/usr/sbin/nologin", "nobody:x:65534:65534::/:/usr/sbin/nologin")
_FOLDERS = {"/tmp": "1777", "/run": "0755", "/root": "0700", "/etc": "0755"}  # noqa: S108
_CERTIFICATES = "/usr/share/ca-certificates/*.crt"
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Entry:
    """One member of the layer: its header and, for a file, its content or where to read it."""

    header: tarfile.TarInfo
    content: bytes | None = None


@dataclass
class Tree:
    """The members of the layer by path; by name, the packages' versions and control files."""

    entries: dict[str, Entry] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)


def assemble(unpacked: Path, base: Base, layer: Path) -> dict[str, str]:
    """Write the tar `layer` from the tar `unpacked`, as `base` wants it.

    Returns:
        the version of each package.
    """
    with tarfile.open(unpacked) as source:
        tree = _select(source, base)
        _make_up(source, tree, base)
        with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as target:
            for path in sorted(tree.entries):
                _write(source, path, tree.entries[path], target)
    return tree.packages


def kept(path: str, base: Base) -> bool:
    """Whether the file or link `path` (absolute) is part of the image."""
    if _matches(path, _NEVER):
        return False
    return _matches(path, base.keep) or not _matches(path, base.keep_out)


def package_of(path: str) -> tuple[str, str] | None:
    """Name and version that an archive of the package cache carries in its name, if it is one."""
    name = PurePosixPath(path)
    if not path.startswith("/var/cache/apt/archives/") or name.suffix != ".deb":
        return None
    package, version, _ = name.stem.split("_")
    return package, unquote(version)


def control_of(archive: IO[bytes]) -> str:
    """The control file of a Debian package: deb(5), an ar archive with control.tar in it.

    Raises:
        CommandFailed: it is no such package.
    """
    if archive.read(len(_AR)) == _AR:
        while len(header := archive.read(60)) == 60:
            name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
            content = archive.read(size + size % 2)[:size]
            if name.startswith("control.tar"):
                return _control(content)
    raise CommandFailed("a Debian package holds no control file", fix="run it again")


def _control(packed: bytes) -> str:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = {name.removeprefix("./"): name for name in archive.getnames()}
        stream = archive.extractfile(names["control"])
        assert stream
        return stream.read().decode()


def _matches(path: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(path, glob) for glob in globs)


def _select(source: tarfile.TarFile, base: Base) -> Tree:
    tree, folders = Tree(), {}
    for member in source:
        path = "/" + member.name.removeprefix(".").strip("/")
        if package := package_of(path):
            tree.packages[package[0]] = package[1]
            archive = source.extractfile(member)
            assert archive, f"{path} is no file"
            tree.controls[package[0]] = control_of(archive)
        elif member.isdir():
            folders[path] = member
        elif kept(path, base):
            tree.entries[path] = Entry(member)
    for path in list(tree.entries):
        for parent in _parents(path):
            tree.entries.setdefault(parent, Entry(folders.get(parent) or _folder("0755")))
    return tree


def _parents(path: str) -> Iterator[str]:
    for parent in PurePosixPath(path).parents:
        if str(parent) != "/":
            yield str(parent)


def _make_up(source: tarfile.TarFile, tree: Tree, base: Base) -> None:
    for path, mode in {**_FOLDERS, **base.folders}.items():
        tree.entries[path] = Entry(_folder(mode))
    for path, target in base.links.items():
        _put(tree, path, _link(target))
    for path, text in _files(source, tree, base).items():
        _put(tree, path, Entry(tarfile.TarInfo(), text))


def _put(tree: Tree, path: str, entry: Entry) -> None:
    tree.entries[path] = entry
    for parent in _parents(path):
        tree.entries.setdefault(parent, Entry(_folder("0755")))


def _files(source: tarfile.TarFile, tree: Tree, base: Base) -> dict[str, bytes]:
    users = [*_USERS, *base.users]
    groups = [f"{fields[0]}:x:{fields[3]}:" for fields in (user.split(":") for user in users)]
    files = {"/etc/passwd": _lines(users), "/etc/group": _lines(groups)}
    for name, control in tree.controls.items():  # where scanners of images look for packages
        first, _, rest = control.partition("\n")
        status = f"{first}\nStatus: install ok installed\n{rest.strip()}\n"
        files[f"/var/lib/dpkg/status.d/{name}"] = status.encode()
    roots = [path for path in sorted(tree.entries) if fnmatchcase(path, _CERTIFICATES)]
    if roots:
        files[_BUNDLE] = b"".join(_read(source, tree.entries[path]) for path in roots)
    return files


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _folder(mode: str) -> tarfile.TarInfo:
    header = tarfile.TarInfo()
    header.type, header.mode = tarfile.DIRTYPE, int(mode, 8)
    return header


def _link(target: str) -> Entry:
    header = tarfile.TarInfo()
    header.type, header.linkname, header.mode = tarfile.SYMTYPE, target, 0o777
    return Entry(header)


def _read(source: tarfile.TarFile, entry: Entry) -> bytes:
    if entry.content is not None:
        return entry.content
    stream = source.extractfile(entry.header)
    assert stream, f"{entry.header.name} is no file"
    return stream.read()


def _write(source: tarfile.TarFile, path: str, entry: Entry, target: tarfile.TarFile) -> None:
    """Add one member, owned by root and dated EPOCH.

    A hard link becomes a file of its own: the file that it shares may have been left out.
    """
    header = tarfile.TarInfo(path.lstrip("/"))
    kind = tarfile.REGTYPE if entry.header.islnk() else entry.header.type
    header.type, header.mode, header.mtime = kind, entry.header.mode, EPOCH
    header.linkname = entry.header.linkname if entry.header.issym() else ""
    content = _read(source, entry) if kind == tarfile.REGTYPE else b""
    header.size = len(content)
    target.addfile(header, io.BytesIO(content))
