"""Images into the node: only the layers that it lacks, where these can be read."""

from __future__ import annotations

from collections.abc import Sequence

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context
from phaseline.operators.images import oci
from phaseline.operators.images.draft import draft
from phaseline.operators.images.model import BuiltImage
from phaseline.operators.images.model import folder as records
from phaseline.process import journal
from phaseline.tools import docker
from phaseline.tools.ctr import Ctr


def bring(context: Context, node: Ctr, image: BuiltImage) -> None:
    """Import what the node lacks of `image`, or all of it if only the daemon can read it."""
    journal.progress(f"loading {image.reference} ({image.size / 1e6:.0f} MB)")
    there = node.sizes(image.layers)
    with draft(records(context) / f"{image.component}.node") as place:
        if oci.write_archive(image, there, place / "image.tar"):
            node.import_file(place / "image.tar")
        else:
            node.import_from(docker.command("save", image.reference))


def prove(node: Ctr, images: Sequence[BuiltImage]) -> None:
    """See that the node has each of `images` under its name.

    Raises:
        CheckFailed: it has another one.
    """
    found = node.config_digests([image.reference for image in images]) if images else {}
    for image in images:
        if found.get(image.reference) != image.id:
            raise CheckFailed(
                f"the node's {image.reference} is not the image that was built",
                why=f"built {image.id}, on the node {found.get(image.reference, 'is none')}",
            )
