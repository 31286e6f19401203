"""The same image whenever and wherever it is built: dates fixed, members sorted.

BuildKit stamps an image and each folder that it makes with the time. Only recent daemons can be
told otherwise, and those with the classic store not fully, so what was built is rewritten. The
layers of the base image are fixed already and stay as they are, and shared.

Formats: the archive of `docker save`, https://github.com/moby/docker-image-spec (image layout).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import IO, Any

from phaseline.core.errors import CommandFailed
from phaseline.core.files import digest_sha256
from phaseline.operators.images.archive import CREATED, add
from phaseline.operators.images.rootfs import EPOCH

_XATTR = "SCHILY.xattr."  # extended attributes in a PAX header, such as file capabilities
_TRACES = "moby."  # what BuildKit notes of its own build in a configuration


Layers = tuple[str, ...]


def rewrite(
    built: Path,
    target: Path,
    reference: str,
    known: MutableMapping[str, str],
    present: Sequence[Layers] = (),
) -> str:
    """Write the docker-archive `built` (of one image, as `docker save` gives it) anew.

    Args:
        reference: the name that the image gets when `target` is loaded.
        known: the digest of the rewritten layer by that of the built one; what is found is added.
            A layer that stands for itself, such as the base's, is taken as it is.
        present: the layers of images that the daemon has; what is among them, from the lowest up,
            is left out of `target`, since the daemon takes its own.

    Returns:
        the image's ID, `sha256:…`: the digest of its configuration.

    Raises:
        CommandFailed: `built` is no such archive.
    """
    with tarfile.open(built) as source, tarfile.open(target, "w") as archive:
        manifest = json.loads(_read(source, "manifest.json").read())[0]
        config = json.loads(_read(source, manifest["Config"]).read())
        layers: list[str] = []
        for name, raw in zip(manifest["Layers"], config["rootfs"]["diff_ids"], strict=True):
            if not _is_there((*layers, known.get(raw, "")), present):
                known[raw] = _layer(source, name, archive, target.parent, known.get(raw) == raw)
            layers.append(known[raw])
        content = json.dumps(settled(config, layers), sort_keys=True).encode()
        digest = hashlib.sha256(content).hexdigest()
        names = [_name_of(layer) for layer in layers]
        listed = [{"Config": f"{digest}.json", "RepoTags": [reference], "Layers": names}]
        add(archive, f"{digest}.json", content)
        add(archive, "manifest.json", json.dumps(listed).encode())
    return f"sha256:{digest}"


def settled(config: Mapping[str, Any], layers: list[str]) -> dict[str, Any]:
    """An image's configuration without dates and traces, over `layers`; pure."""
    kept = {name: value for name, value in config.items() if not name.startswith(_TRACES)}
    history = [{**one, "created": CREATED} for one in config.get("history") or ()]
    rootfs = {"type": "layers", "diff_ids": layers}
    return {**kept, "created": CREATED, "history": history, "rootfs": rootfs}


def rewrite_layer(source: IO[bytes], target: Path) -> None:
    """Write a layer's tar anew: every member dated EPOCH, sorted, a hard link after its file."""
    with (
        tarfile.open(fileobj=source) as old,
        tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda one: (one.islnk(), one.name)):
            new.addfile(_header(member), old.extractfile(member) if member.isreg() else None)


def _header(member: tarfile.TarInfo) -> tarfile.TarInfo:
    header = tarfile.TarInfo(member.name)
    for name in ("type", "mode", "uid", "gid", "linkname", "devmajor", "devminor"):
        setattr(header, name, getattr(member, name))
    header.size = member.size if member.isreg() else 0
    header.mtime = EPOCH
    attributes = member.pax_headers.items()
    header.pax_headers = {k: v for k, v in sorted(attributes) if k.startswith(_XATTR)}
    return header


def _is_there(layers: Layers, present: Sequence[Layers]) -> bool:
    return any(image[: len(layers)] == layers for image in present)


def _layer(
    source: tarfile.TarFile, name: str, archive: tarfile.TarFile, place: Path, as_it_is: bool
) -> str:
    """Add one layer to `archive`; returns its digest."""
    draft = place / "layer.tar"
    with _read(source, name) as stream:
        if as_it_is:
            with draft.open("wb") as copy:
                shutil.copyfileobj(stream, copy)
        else:
            rewrite_layer(stream, draft)
    digest = f"sha256:{digest_sha256(draft)}"
    if _name_of(digest) not in archive.getnames():  # equal layers are one
        header = tarfile.TarInfo(_name_of(digest))
        header.size = draft.stat().st_size
        with draft.open("rb") as stream:
            archive.addfile(header, stream)
    draft.unlink()
    return digest


def _name_of(layer: str) -> str:
    return f"{layer.removeprefix('sha256:')}.tar"


def _read(source: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        stream = source.extractfile(name)
    except KeyError:
        stream = None
    if stream is None:
        raise CommandFailed(f"the saved image holds no {name}", fix="run it again")
    return stream
