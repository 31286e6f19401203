"""What a replay compares of checks on images: that they were the same images, by ID."""

from __future__ import annotations

from phaseline.core.workspace import Context
from phaseline.operators.images.model import require_image


def examined(context: Context) -> dict[str, str]:
    """The ID of the image of each component.

    Raises:
        CheckFailed: one has not been built.
    """
    return {one.name: require_image(context, one.name).id for one in context.components}
