"""What the builder made, replaced in the daemon by the same without dates; see `canonical`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.workspace import cache_folder
from phaseline.operators.images import ownership
from phaseline.operators.images.canonical import Layers, rewrite
from phaseline.operators.images.checks.layer import read_ahead
from phaseline.operators.images.daemon import connected, find, layers_of
from phaseline.operators.images.identity import names_manifests
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools import docker

_FORMAT = "1"  # raise it when what `canonical` makes of a layer changes
_LIMIT = 300.0
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def settle(raw: str, final: str, base: str, place: Path, *, fresh: bool) -> None:
    """Give the image called `raw` to the daemon again as `final`, without dates; `raw` goes.

    Args:
        base: the name of the base image; empty where there is none.
        place: an empty folder to work in.
        fresh: nothing is taken from what was found out about layers before.
    """
    built, target = place / "built.tar", place / "image.tar"
    own, present = _layers(base, final)
    before = {layer: layer for layer in own}
    run(docker.command("save", f"--output={built}", raw, timeout=_LIMIT))
    known = {**({} if fresh else _recalled(raw)), **before}
    identity = rewrite(built, target, final, known, present)
    read_ahead(target)
    journal.current().line(f"without dates it is {identity}")
    run(docker.command("load", f"--input={target}", timeout=_LIMIT))
    _remember(known.items() - before.items())
    with connected() as client:
        ownership.remove(client, raw)


def _layers(base: str, final: str) -> tuple[Layers, list[Layers]]:
    """The layers of the base, and of all images here that the new one may share some with.

    A daemon on containerd's store wants every layer in an archive: there, none is told.
    """
    with connected() as client:
        images = [find(client, name) if name else None for name in (base, final)]
        own = layers_of(images[0]) if images[0] else ()
        told = [] if names_manifests(client) else [layers_of(one) for one in images if one]
    return own, told


def _recalled(image: str) -> dict[str, str]:
    """What the layers of the built `image` became when they were rewritten before."""
    with connected() as client:
        layers = layers_of(client.images.get(image))
    found = {layer: _note(layer) for layer in layers}
    texts = {layer: note.read_text() for layer, note in found.items() if note.exists()}
    return {layer: text for layer, text in texts.items() if _DIGEST.fullmatch(text)}


def _remember(found: Iterable[tuple[str, str]]) -> None:
    for raw, rewritten in found:
        if not _note(raw).exists():
            write_atomic(_note(raw), rewritten)


def _note(layer: str) -> Path:
    return cache_folder() / "layers" / _FORMAT / layer.removeprefix("sha256:")
