"""What was built, what was found on it, and where it is: for `invoke image.list`."""

from __future__ import annotations

from dataclasses import dataclass

from phaseline.core.errors import PhaselineError
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.images.checks.finding import counted
from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.gate import all_findings
from phaseline.operators.images.identity import config_digest
from phaseline.operators.images.model import BuiltImage, load_images


@dataclass(frozen=True)
class Item:
    """A component's image.

    Attributes:
        layers: how many it has.
        base: the base image, and by which route it came; empty for none.
        checks: how many findings there are of each severity, and what was skipped.
        daemon, node: `yes`, `no`, or why that cannot be told.
    """

    image: BuiltImage
    layers: int
    base: str
    checks: str
    daemon: str
    node: str


def inventory(context: Context) -> list[Item]:
    """The recorded images, in the order of `pipeline.yaml`."""
    images = load_images(context)
    in_daemon = _in_daemon(list(images.values()))
    on_node = _on_node(context, list(images.values()))
    return [
        Item(
            image=image,
            layers=len(image.layers),
            base=f"{image.base} ({image.route})" if image.base else image.route,
            checks=_checks(context, name),
            daemon=in_daemon[name],
            node=on_node[name],
        )
        for name, image in images.items()
    ]


def _checks(context: Context, name: str) -> str:
    (component,) = (one for one in context.pipeline.components if one.name == name)
    sheet = all_findings(context, component)
    if not sheet.looked:
        return "not checked yet"
    skipped = f", {len(sheet.skipped)} skipped" if sheet.skipped else ""
    return counted(sheet.findings) + skipped


def _in_daemon(images: list[BuiltImage]) -> dict[str, str]:
    try:
        with connected() as client:
            found = {one.component: find(client, one.reference) for one in images}
            known = {name: config_digest(client, one) for name, one in found.items() if one}
    except PhaselineError as error:
        return {one.component: error.what for one in images}
    return {one.component: _said(known.get(one.component) == one.id) for one in images}


def _on_node(context: Context, images: list[BuiltImage]) -> dict[str, str]:
    try:
        there = access.provider(context).loaded(images)
    except PhaselineError as error:
        return {one.component: error.what for one in images}
    return {one.component: _said(one.component in there) for one in images}


def _said(there: bool) -> str:
    return "yes" if there else "no"
