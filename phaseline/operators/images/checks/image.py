"""T009: each image judged by its layers and configuration, and its packages written down."""

from __future__ import annotations

import time
from functools import partial

from phaseline.core.files import digest_text
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.images.checks.finding import Sheet, conclude, keep, settled
from phaseline.operators.images.checks.judge import judge
from phaseline.operators.images.checks.sbom import keep_sbom
from phaseline.operators.images.checks.survey import Survey, survey
from phaseline.operators.images.daemon import connected, layers_of
from phaseline.operators.images.model import load_base, require_image
from phaseline.operators.images.ownership import own_reference
from phaseline.operators.images.pulse import pulse
from phaseline.process import journal
from phaseline.process.threads import each

KIND = "image"


def check_image(context: Context) -> Report:
    """Judge each component's image, and write its findings and its bill of materials.

    Its identity is the lists of packages: what only looks at those runs again when they change.

    Raises:
        CheckFailed: with a table of the findings of severity high or above.
    """
    looked = each(partial(_look, context), context.components)
    sheets = [sheet for sheet, _ in looked]
    parts = zip(context.components, looked, strict=True)
    return Report(
        conclude(sheets, "the image" if len(sheets) == 1 else "the images"),
        identity={f"packages of {one.name}": packages for one, (_, packages) in parts},
    )


def _look(context: Context, component: Component) -> tuple[Sheet, str]:
    record = require_image(context, component.name)
    with connected() as client, pulse(f"looks through the image of {component.name}"):
        began = time.monotonic()
        seen = survey(client, client.images.get(own_reference(context, record)))
    _tell(f"{component.name}: {seen.fresh} of {len(seen.layers)} layers read", began)
    began = time.monotonic()
    findings = judge(component, seen, _below(context, component))
    sheet = Sheet(findings=settled(findings, component.allows))
    keep(context, component.name, KIND, sheet)
    _tell(f"{component.name}: judged by {len(seen.files)} paths", began)
    began = time.monotonic()
    keep_sbom(context, component, seen)
    _tell(f"{component.name}: {len(seen.packages)} packages written down", began)
    return sheet, _digest(seen)


def _digest(seen: Survey) -> str:
    return digest_text(*(f"{one.kind} {one.name} {one.version}" for one in seen.packages))


def _below(context: Context, component: Component) -> int:
    """How many layers an upstream base has: which one is reachable must not decide anything."""
    name = component.build.base if component.build else None
    base = load_base(context, name) if name else None
    if base is None or base.route != "upstream":
        return 0
    with connected() as client:
        return len(layers_of(client.images.get(base.reference)))


def _tell(what: str, began: float) -> None:
    """What was done and what it took, for the step's log."""
    journal.current().line(f"{what} in {time.monotonic() - began:.2f} s")
