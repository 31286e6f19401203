"""The built images, brought to the node that runs them."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
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
    missing = [image for image in images if not _held(image, present)]
    for image in missing:
        journal.progress(f"loading {image.reference} ({image.size / 1e6:.0f} MB)")
        _bring(context, node, image)
        if (found := node.config_digest(image.reference)) != image.id:
            raise CheckFailed(
                f"the node's {image.reference} is not the image that was built",
                why=f"built {image.id}, on the node {found}",
            )
    kept = f", {len(images) - len(missing)} were there" if len(missing) < len(images) else ""
    return Report(f"{len(missing)} loaded{kept}", identity={i.component: i.id for i in images})


def bring(context: Context, image: BuiltImage) -> None:
    """Bring one image to the node, if it is not there."""
    node = access.node_images(context)
    if not _held(image, node.names()):
        _bring(context, node, image)


def _bring(context: Context, node: Ctr, image: BuiltImage) -> None:
    """Import what the node lacks of `image`, or all of it if only the daemon can read it."""
    there = node.layers(image.repository)
    with draft(records(context) / f"{image.component}.node") as place:
        if oci.write_archive(image, there, place / "image.tar"):
            node.import_file(place / "image.tar")
        else:
            node.import_from(docker.command("save", image.reference))


def load_images_stands(context: Context) -> Standing:
    """Whether the node still has every image, by name and by ID."""
    present = access.node_images(context).names()
    images = [require_image(context, component.name) for component in context.components]
    gone = [image.reference for image in images if not _held(image, present)]
    return Standing(not gone, f"the node lacks {gone[0]}" if gone else "the node has every image")


def _held(image: BuiltImage, present: set[str]) -> bool:
    return image.reference in present and image.id in present
