"""What the builder made, replaced in the daemon by the same without dates; see `canonical`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.core.files import write_atomic
from phaseline.core.workspace import cache_folder
from phaseline.operators.images import ownership, saved
from phaseline.operators.images.canonical import Built, Layers, rewrite
from phaseline.operators.images.checks.layer import read_ahead
from phaseline.operators.images.daemon import find, layers_of
from phaseline.operators.images.identity import names_manifests
from phaseline.operators.images.stored import stored
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools import docker

if TYPE_CHECKING:
    from docker import DockerClient

_FORMAT = "2"  # raise it when what `layers` makes of a layer changes
_LIMIT = 300.0
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def settle(
    client: DockerClient, raw: str, final: str, base: str, place: Path, *, fresh: bool
) -> None:
    """Give the image called `raw` to the daemon again as `final`, without dates; `raw` goes.

    Args:
        base: the name of the base image; empty where there is none.
        place: an empty folder to work in.
        fresh: nothing is taken from what was found out about layers before.
    """
    target = place / "image.tar"
    own, present = _layers(client, base, final)
    before = {layer: layer for layer in own}
    with _read(client, raw, place) as built:
        recalled = {} if fresh else _recalled(built.config["rootfs"]["diff_ids"])
        known = {**recalled, **before}
        identity = rewrite(built, target, final, known, present)
    read_ahead(target)
    journal.current().line(f"without dates it is {identity}")
    with target.open("rb") as archive:
        client.images.load(archive)
    _remember(known.items() - before.items())
    ownership.remove(client, raw)


@contextmanager
def _read(client: DockerClient, raw: str, place: Path) -> Iterator[Built]:
    if near := stored(client.images.get(raw)):
        yield near
        return
    archive = place / "built.tar"
    run(docker.command("save", f"--output={archive}", raw, timeout=_LIMIT))
    with saved.opened(archive) as export:
        yield export


def _layers(client: DockerClient, base: str, final: str) -> tuple[Layers, list[Layers]]:
    """The layers of the base, and of all images here that the new one may share some with.

    A daemon on containerd's store wants every layer in an archive: there, none is told.
    """
    images = [find(client, name) if name else None for name in (base, final)]
    own = layers_of(images[0]) if images[0] else ()
    told = [] if names_manifests(client) else [layers_of(one) for one in images if one]
    return own, told


def _recalled(layers: Iterable[str]) -> dict[str, str]:
    """What the `layers` of a built image became when they were rewritten before."""
    notes = {layer: _note(layer) for layer in layers}
    texts = {layer: note.read_text() for layer, note in notes.items() if note.exists()}
    return {layer: text for layer, text in texts.items() if _DIGEST.fullmatch(text)}


def _remember(found: Iterable[tuple[str, str]]) -> None:
    for raw, rewritten in found:
        if not _note(raw).exists():
            write_atomic(_note(raw), rewritten)


def _note(layer: str) -> Path:
    return cache_folder() / "layers" / _FORMAT / layer.removeprefix("sha256:")
