"""T012: the phase's gate: each recorded image is there, and is what the record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.images.daemon import connected, find, layers_of
from phaseline.operators.images.identity import config_digest
from phaseline.operators.images.model import BuiltImage, require_image
from phaseline.operators.images.pulse import pulse
from phaseline.process.threads import each

if TYPE_CHECKING:
    from docker import DockerClient

LABELS = ("org.opencontainers.image.title", "org.opencontainers.image.description")


def check_images(context: Context) -> Report:
    """Compare what the daemon has under each recorded name with the record.

    That an image's content is what its ID says is proved where it is run: the node's containerd
    computes every digest again as it imports (`deployments.node_images`).

    Raises:
        CheckFailed: naming every difference.
    """
    records = [require_image(context, component.name) for component in context.components]
    faults = [fault for found in each(_faults, records) for fault in found]
    if faults:
        raise CheckFailed(
            "the images are not those that were built",
            why="\n".join(faults),
            fix="run `invoke containerize`",
        )
    count = len(context.components)
    return Report(summary=f"{count} images are there, each with the ID, layers and labels built")


def _faults(record: BuiltImage) -> list[str]:
    with connected() as client, pulse(f"proves the image of {record.component}"):
        return _differences(client, record)


def _differences(client: DockerClient, record: BuiltImage) -> list[str]:
    image = find(client, record.reference)
    if image is None:
        return [f"{record.component}: the daemon has no {record.reference}"]
    faults = []
    if (digest := config_digest(client, image)) != record.id:
        faults.append(f"{record.component}: its image is {digest}, recorded {record.id}")
    if layers_of(image) != record.layers:
        faults.append(f"{record.component}: its layers are not those recorded")
    missing = [label for label in LABELS if not image.labels.get(label)]
    if missing and record.route != "pulled":
        faults.append(f"{record.component}: it lacks the label {', '.join(missing)}")
    return faults
