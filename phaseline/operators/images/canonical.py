"""The same image whenever and wherever it is built: no dates, no traces of the builder.

BuildKit stamps an image and each folder that it makes with the time. Only recent daemons can be
told otherwise, and those with the classic store not fully, so what was built is rewritten. The
layers of the base image are fixed already and stay as they are, and shared.

Formats: the archive of `docker save`, https://github.com/moby/docker-image-spec (image layout).
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from phaseline.operators.images.archive import CREATED, add

# Of the image configuration, https://github.com/opencontainers/image-spec/blob/main/config.md, with
# Docker's additions. Other fields tell of the builder; empty ones are written by some daemons only.
_PLATFORM = ("architecture", "os", "os.version", "variant", "author")
_SETTINGS = (
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels",
    "StopSignal", "Healthcheck", "Shell", "OnBuild",
)  # fmt: skip
_HISTORY = ("created_by", "comment", "empty_layer")

Layers = tuple[str, ...]


class Built(Protocol):
    """An image as the builder left it."""

    @property
    def config(self) -> Mapping[str, Any]:
        """Its configuration."""

    def rewrite_layer(self, digest: str, target: Path) -> str:
        """Write a layer without dates to the tar `target`; returns its new digest."""

    def copy_layer(self, digest: str, target: Path) -> None:
        """Write a layer as it is to the tar `target`."""


def rewrite(
    built: Built,
    target: Path,
    reference: str,
    known: MutableMapping[str, str],
    present: Sequence[Layers] = (),
) -> str:
    """Write `built` without dates to `target`, an archive for `docker load`.

    Args:
        reference: the name that the image gets when `target` is loaded.
        known: the digest of the rewritten layer by that of the built one; what is found is added.
            A layer that stands for itself, such as the base's, is taken as it is.
        present: the layers of images that the daemon has; what is among them, from the lowest up,
            is left out of `target`, since the daemon takes its own.

    Returns:
        the image's ID, `sha256:…`: the digest of its configuration.

    Raises:
        CommandFailed: `built` lacks something.
    """
    with tarfile.open(target, "w") as archive:
        layers: list[str] = []
        for raw in built.config["rootfs"]["diff_ids"]:
            if not _is_there((*layers, known.get(raw, "")), present):
                known[raw] = _layer(built, raw, archive, target.parent, known.get(raw) == raw)
            layers.append(known[raw])
        content = configuration(built.config, layers)
        digest = hashlib.sha256(content).hexdigest()
        names = [_name_of(layer) for layer in layers]
        listed = [{"Config": f"{digest}.json", "RepoTags": [reference], "Layers": names}]
        add(archive, f"{digest}.json", content)
        add(archive, "manifest.json", json.dumps(listed).encode())
    return f"sha256:{digest}"


def configuration(config: Mapping[str, Any], layers: Sequence[str]) -> bytes:
    """An image's configuration without dates and traces, over `layers`; pure."""
    settings = config.get("config") or {}
    history = [_chosen(one, _HISTORY) for one in config.get("history") or ()]
    settled = {
        **_chosen(config, _PLATFORM),
        "config": _chosen(settings, _SETTINGS),
        "created": CREATED,
        "history": [{**one, "created": CREATED} for one in history],
        "rootfs": {"type": "layers", "diff_ids": list(layers)},
    }
    return json.dumps(settled, sort_keys=True).encode()


def _chosen(told: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: told[name] for name in names if told.get(name)}


def _is_there(layers: Layers, present: Sequence[Layers]) -> bool:
    return any(image[: len(layers)] == layers for image in present)


def _layer(built: Built, raw: str, archive: tarfile.TarFile, place: Path, as_it_is: bool) -> str:
    """Add one layer to `archive`; returns its digest."""
    draft = place / "layer.tar"
    if as_it_is:
        built.copy_layer(raw, draft)
    digest = raw if as_it_is else built.rewrite_layer(raw, draft)
    if _name_of(digest) not in archive.getnames():  # equal layers are one
        header = tarfile.TarInfo(_name_of(digest))
        header.size = draft.stat().st_size
        with draft.open("rb") as stream:
            archive.addfile(header, stream)
    draft.unlink()
    return digest


def _name_of(layer: str) -> str:
    return f"{layer.removeprefix('sha256:')}.tar"
