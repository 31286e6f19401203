"""Tools from their upstream release: fetch, check against the published digest, unpack."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from phaseline.core.errors import Unreachable, UntrustedDownload
from phaseline.tools.downloads import address, fetch, published_digest, require_reachable
from phaseline.tools.model import Artifact, Tool, architecture


def obtain(tool: Tool, into: Path) -> None:
    """Put the programs of `tool`'s release into the folder `into`.

    Raises:
        Unreachable: a site cannot be reached or lacks a file.
        UntrustedDownload: a file does not have its published digest.
    """
    for artifact in tool.artifacts:
        _obtain(artifact, tool.version, into)


def reachable(tool: Tool) -> str:
    """Why the release cannot be had now; empty when its sites answer."""
    try:
        for artifact in {artifact.site: artifact for artifact in tool.artifacts}.values():
            require_reachable(urls(artifact, tool.version)[1])
    except Unreachable as error:
        return f"{error.what}: {error.why}"
    return ""


def urls(artifact: Artifact, version: str) -> tuple[str, str]:
    """Addresses of a file and of its checksum, for this machine."""
    facts = {"version": version, **architecture()}
    paths = (artifact.path.format(**facts), artifact.checksum.format(**facts))
    return address(artifact.site, paths[0]), address(artifact.site, paths[1])


def _obtain(artifact: Artifact, version: str, into: Path) -> None:
    url, checksum = urls(artifact, version)
    file = url.rpartition("/")[2]
    require_reachable(checksum)
    download = into / f".{file}.part"
    fetch(url, download, published_digest(checksum, file))
    if artifact.tree:
        _unpack_tree(download, into)
    elif artifact.members:
        members = {
            name.format(version=version, **architecture()): into / target
            for name, target in artifact.members.items()
        }
        _unpack_members(download, members)
    else:
        download.chmod(0o755)
        download.rename(into / artifact.name)
    download.unlink(missing_ok=True)


def _unpack_members(archive: Path, members: dict[str, Path]) -> None:
    with tarfile.open(archive) as content:
        names = {name.removeprefix("./"): name for name in content.getnames()}
        for member, target in members.items():
            stream = content.extractfile(names[member]) if member in names else None
            if stream is None:
                raise UntrustedDownload(f"{archive.name[1:-5]} holds no {member}")
            with stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out)
            target.chmod(0o755)


def _unpack_tree(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as content:
        # Absent in early 3.11; what is unpacked has its published digest either way.
        content.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        content.extractall(into / ".tree")  # noqa: S202 - the filter above, and a checked digest
    (top,) = (into / ".tree").iterdir()
    for entry in top.iterdir():
        entry.rename(into / entry.name)
    shutil.rmtree(into / ".tree")
