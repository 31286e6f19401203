"""Whether the daemon still has what phase 2 made. Asked in every run: it imports little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.core.report import Standing
from phaseline.core.workspace import Context
from phaseline.operators.images import ownership
from phaseline.operators.images.daemon import connected, look_up
from phaseline.operators.images.identity import config_digest, known_digest
from phaseline.operators.images.model import base_names, load_base, load_images


def base_image_stands(context: Context) -> Standing:
    """Whether the daemon still has each recorded base image."""
    for name in base_names(context):
        record = load_base(context, name)
        image = look_up(record.reference) if record else None
        if record is None or image is None:
            return Standing(False, f"the daemon has no base image {name}")
        if not _is(image, record.id):
            return Standing(False, f"base image {name} is now {image['Id']}")
    return Standing(True, "the base images are in the daemon")


def build_stands(context: Context) -> Standing:
    """Whether the daemon has each recorded image under its recorded name, and under our own tag."""
    records = load_images(context)
    for name in (part["name"] for part in context.parts):
        record = records.get(name)
        image = look_up(record.reference) if record else None
        if record is None or image is None:
            return Standing(False, f"the daemon has no image of {name}")
        if not _is(image, record.id):
            return Standing(False, f"{record.reference} is now {image['Id']}")
        mine = ownership.own_reference(context, record)
        if mine not in (image["RepoTags"] or ()):
            return Standing(False, f"the image of {name} has lost its tag {mine}")
    return Standing(True, "the images are in the daemon")


def _is(image: Mapping[str, Any], digest: str) -> bool:
    """Whether the image's configuration has this digest, which need not be what the daemon says."""
    if digest in (image["Id"], known_digest(image["Id"])):
        return True
    with connected() as client:
        return config_digest(client, client.images.get(image["Id"])) == digest
