"""The built images, brought to the node that runs them."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.deployments.standing import held
from phaseline.operators.images import oci
from phaseline.operators.images.draft import draft
from phaseline.operators.images.model import BuiltImage, require_image
from phaseline.operators.images.model import folder as records
from phaseline.process import journal
from phaseline.tools import docker
from phaseline.tools.ctr import Ctr


def load_images(context: Context) -> Report:
    """Bring each component's image to the node, and prove by ID that it is the one that was built.

    Raises:
        CheckFailed: the node has another image under that name after the import.
    """
    node = access.node_images(context)
    images = [require_image(context, component.name) for component in context.components]
    present = node.names()
    missing = [image for image in images if not held(image, present)]
    for image in missing:
        journal.progress(f"loading {image.reference} ({image.size / 1e6:.0f} MB)")
        _bring(context, node, image)
    _prove(node, missing)
    kept = f", {len(images) - len(missing)} were there" if len(missing) < len(images) else ""
    return Report(f"{len(missing)} loaded{kept}", identity={i.component: i.id for i in images})


def _prove(node: Ctr, images: list[BuiltImage]) -> None:
    found = node.config_digests([image.reference for image in images]) if images else {}
    for image in images:
        if found.get(image.reference) != image.id:
            raise CheckFailed(
                f"the node's {image.reference} is not the image that was built",
                why=f"built {image.id}, on the node {found.get(image.reference, 'is none')}",
            )


def bring(context: Context, image: BuiltImage) -> None:
    """Bring one image to the node, if it is not there."""
    node = access.node_images(context)
    if not held(image, node.names()):
        _bring(context, node, image)


def _bring(context: Context, node: Ctr, image: BuiltImage) -> None:
    """Import what the node lacks of `image`, or all of it if only the daemon can read it."""
    there = node.sizes(image.layers)
    with draft(records(context) / f"{image.component}.node") as place:
        if oci.write_archive(image, there, place / "image.tar"):
            node.import_file(place / "image.tar")
        else:
            node.import_from(docker.command("save", image.reference))
