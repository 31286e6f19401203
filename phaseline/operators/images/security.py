"""T009: images are small, run as nobody in particular, and hold nothing that they do not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.images.contents import Contents, read_contents
from phaseline.operators.images.daemon import connected
from phaseline.operators.images.model import BuiltImage, load_base, require_image
from phaseline.operators.images.ownership import own_reference
from phaseline.operators.images.pulse import pulse
from phaseline.process import journal
from phaseline.process.threads import each

Verdict = Literal["ok", "tolerated", "fault"]


@dataclass(frozen=True)
class Finding:
    """One row of the table: what was looked at, what was found, and whether it passes."""

    component: str
    subject: str
    found: str
    verdict: Verdict = "ok"

    def __str__(self) -> str:
        return f"{self.component:<12} {self.subject:<16} {self.verdict:<10} {self.found}"


def check_size_and_security(context: Context) -> Report:
    """Judge each component's image by its size, user, ports and contents.

    Raises:
        CheckFailed: naming every fault.
    """
    looked = each(partial(_look_through, context), context.components)
    findings = [finding for found in looked for finding in found]
    faults = [finding for finding in findings if finding.verdict == "fault"]
    if faults:
        raise CheckFailed(
            f"{len(faults)} of {len(findings)} findings on the images are faults",
            why="\n".join(str(finding) for finding in faults),
            fix="correct the Dockerfile, or the component's size_mb or allows in pipeline.yaml",
        )
    tolerated = sum(finding.verdict == "tolerated" for finding in findings)
    for finding in findings:
        journal.current().line(str(finding))
    return Report(f"{len(findings)} findings, no fault, {tolerated} tolerated")


def _look_through(context: Context, component: Component) -> list[Finding]:
    record = require_image(context, component.name)
    with connected() as client, pulse(f"looks through the image of {component.name}"):
        config = client.images.get(record.reference).attrs["Config"]
        name = f"{context.workspace.id}-look-{component.name}"
        contents = read_contents(client, own_reference(context, record), name)
    return judge(component, record, _below(context, component), config, contents)


def judge(
    component: Component,
    image: BuiltImage,
    base_size: int,
    config: Mapping[str, Any],
    contents: Contents,
) -> list[Finding]:
    """The findings on one image; pure.

    Args:
        base_size: bytes of an upstream base, which the budget does not count; else 0.
        config: the image's configuration as the daemon tells it.
    """
    return [
        _size(component, image, base_size),
        _user(component, str(config.get("User") or "")),
        _ports(component, config.get("ExposedPorts") or {}),
        _held(component, image, "shell", contents.shells),
        _held(component, image, "package manager", contents.managers),
        _held(component, image, "setuid files", contents.setuid),
    ]


def _below(context: Context, component: Component) -> int:
    """Bytes of the upstream base: which one is reachable must not decide over the budget."""
    name = component.build.base if component.build else None
    base = load_base(context, name) if name else None
    if base is None or base.route != "upstream":
        return 0
    with connected() as client:
        return int(client.images.get(base.reference).attrs["Size"])


def _size(component: Component, image: BuiltImage, base_size: int) -> Finding:
    own, budget = (image.size - base_size) / 1e6, component.size_mb
    beside = f", above an upstream base of {base_size / 1e6:.0f} MB" if base_size else ""
    verdict: Verdict = "ok" if own <= budget else "fault"
    return Finding(component.name, "size", f"{own:.1f} of {budget} MB{beside}", verdict)


def _user(component: Component, user: str) -> Finding:
    wanted = str(component.user)
    if user.partition(":")[0] == wanted:
        return Finding(component.name, "user", user)
    return Finding(component.name, "user", f"{user or 'root'} instead of {wanted}", "fault")


def _ports(component: Component, exposed: Mapping[str, Any]) -> Finding:
    ports = sorted(exposed)
    if ports == [f"{component.port}/tcp"]:
        return Finding(component.name, "port", ports[0])
    found = f"{', '.join(ports) or 'none'} instead of {component.port}/tcp"
    return Finding(component.name, "port", found, "fault")


def _held(
    component: Component,
    image: BuiltImage,
    subject: Literal["shell", "package manager", "setuid files"],
    paths: tuple[str, ...],
) -> Finding:
    if not paths:
        return Finding(component.name, subject, "none")
    found = ", ".join(paths[:6]) + (f" and {len(paths) - 6} more" if len(paths) > 6 else "")
    if subject in component.allows:
        return Finding(component.name, subject, f"{found} (pipeline.yaml allows it)", "tolerated")
    if image.route == "upstream":
        return Finding(component.name, subject, f"{found} (of the upstream base)", "tolerated")
    return Finding(component.name, subject, found, "fault")
