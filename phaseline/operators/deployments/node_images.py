"""The built images, brought to the cluster that runs them."""

from __future__ import annotations

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.clusters.provider import Loaded
from phaseline.operators.images.model import BuiltImage, require_image


def load_images(context: Context) -> Report:
    """Bring each component's image to the cluster, and prove by ID that it is what was built.

    Raises:
        CheckFailed: the cluster has another image under that name after it was brought there.
    """
    cluster = access.provider(context)
    images = [require_image(context, component.name) for component in context.components]
    there = cluster.loaded(images)
    missing = [image for image in images if image.component not in there]
    there |= cluster.load_images(missing)
    kept = f", {len(images) - len(missing)} were there" if len(missing) < len(images) else ""
    identity = {image.component: there[image.component].id for image in images}
    return Report(f"{len(missing)} loaded{kept}", identity=identity)


def bring(context: Context, image: BuiltImage) -> Loaded:
    """Bring one image to the cluster, if it is not there."""
    cluster, name = access.provider(context), image.component
    return cluster.loaded([image]).get(name) or cluster.load_images([image])[name]
