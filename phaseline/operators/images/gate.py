"""T012: the phase's gate: each recorded image is in the daemon, and no finding forbids it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.images.checks.finding import Sheet, conclude, recall, settled
from phaseline.operators.images.checks.judge import unused
from phaseline.operators.images.daemon import connected, find, layers_of
from phaseline.operators.images.identity import config_digest
from phaseline.operators.images.model import BuiltImage, require_image

if TYPE_CHECKING:
    from docker import DockerClient


def check_images(context: Context) -> Report:
    """Compare each recorded image with the daemon's, and put all findings into one table.

    Their layers were compared with their digests when they were looked through.

    Raises:
        CheckFailed: naming every difference, or with a table of the findings that forbid them.
    """
    records = [require_image(context, component.name) for component in context.components]
    with connected() as client:
        faults = [fault for record in records for fault in _differences(client, record)]
    if faults:
        raise CheckFailed(
            "the images are not those that were built",
            why="\n".join(faults),
            fix="run `invoke containerize`",
        )
    sheets = [all_findings(context, component) for component in context.components]
    count = len(context.components)
    return Report(conclude(sheets, f"{count} images are there as they were built"))


def all_findings(context: Context, component: Component) -> Sheet:
    """All that was found on one component, allowances without use among it."""
    sheet = recall(context, component.name)
    idle = unused(component, sheet) if sheet.looked else []
    return replace(sheet, findings=settled((*sheet.findings, *idle), ()))


def _differences(client: DockerClient, record: BuiltImage) -> list[str]:
    image = find(client, record.reference)
    if image is None:
        return [f"{record.component}: the daemon has no {record.reference}"]
    faults = []
    if (digest := config_digest(client, image)) != record.id:
        faults.append(f"{record.component}: the image is {digest}, recorded {record.id}")
    if layers_of(image) != record.layers:
        faults.append(f"{record.component}: its layers are not those recorded")
    return faults
