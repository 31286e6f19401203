"""An image read where a daemon of this machine keeps it: `docker save` writes all of it each time.

Only the overlay2 driver of the classic store is known, and only root may read it. Whoever gets
None from `stored` asks the daemon for an export instead: both lead to the same image.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CommandFailed
from phaseline.operators.images import layers
from phaseline.operators.images.daemon import layers_of

if TYPE_CHECKING:
    from docker.models.images import Image

# These instructions of a Dockerfile make no layer.
_WITHOUT_LAYER = frozenset(
    {
        "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME",
    }
)  # fmt: skip
_CLASSIC = "/bin/sh -c #(nop)"  # how the builder before BuildKit tells them


class Unreadable(CommandFailed):
    """A layer whose own bytes cannot be told from its folder, since we did not write it."""


@dataclass(frozen=True)
class Stored:
    """An image whose layers lie in folders; see `canonical.Built`."""

    config: Mapping[str, Any]
    folders: Mapping[str, Path]

    def rewrite_layer(self, digest: str, target: Path) -> str:
        """Write a layer without dates to the tar `target`; returns its new digest."""
        return layers.write(layers.of_folder(self.folders[digest]), target)

    def copy_layer(self, digest: str, target: Path) -> None:
        """Write a layer, which has no dates, to the tar `target`.

        Raises:
            Unreadable: it was not written by us.
        """
        if self.rewrite_layer(digest, target) != digest:
            raise Unreadable(f"layer {digest} cannot be read from {self.folders[digest]}")


def stored(image: Image) -> Stored | None:
    """`image`, if it can be read from here."""
    driver = image.attrs.get("GraphDriver") or {}
    if driver.get("Name") != "overlay2":
        return None
    facts, digests = driver.get("Data") or {}, layers_of(image)
    lower = str(facts.get("LowerDir") or "").split(":")
    folders = [Path(one) for one in reversed([facts.get("UpperDir", ""), *lower]) if one]
    history = history_of(image.history())
    made = sum(1 for one in history if not one.get("empty_layer"))
    if not (len(folders) == len(digests) == made and _readable(folders)):
        return None
    attrs = image.attrs
    config = {
        "architecture": attrs.get("Architecture"),
        "os": attrs.get("Os"),
        "os.version": attrs.get("OsVersion"),
        "variant": attrs.get("Variant"),
        "author": attrs.get("Author"),
        "config": attrs.get("Config"),
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": list(digests)},
    }
    return Stored(config, dict(zip(digests, folders, strict=True)))


def history_of(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An image's history, oldest first, from what the daemon's API tells; pure.

    The API does not say which entries made no layer; their instructions do.
    """
    return [
        {
            "created_by": one["CreatedBy"],
            "comment": one["Comment"],
            "empty_layer": not one["Size"] and _instruction(one["CreatedBy"]) in _WITHOUT_LAYER,
        }
        for one in reversed(list(told))
    ]


def _instruction(text: str) -> str:
    return text.removeprefix(_CLASSIC).strip().partition(" ")[0]


def _readable(folders: Iterable[Path]) -> bool:
    return os.geteuid() == 0 and all(folder.is_dir() for folder in folders)
