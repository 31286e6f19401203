"""The images of this workspace, and what was found on them, as tables."""

from __future__ import annotations

from phaseline.cli.edge import say
from phaseline.cli.words import show
from phaseline.core.workspace import Context


def images(context: Context, *, as_json: bool) -> int:
    """Print what was built: ID, size, layers, base, checks, and where it is loaded."""
    from phaseline.operators.deployments.inventory import inventory

    rows = [
        {
            "component": one.image.component,
            "id": one.image.id if as_json else one.image.id.removeprefix("sha256:")[:12],
            "size_mb": round(one.image.size / 1e6, 1),
            "layers": list(one.image.layers) if as_json else one.layers,
            "base": one.base,
            "checks": one.checks,
            "daemon": one.daemon,
            "node": one.node,
        }
        for one in inventory(context)
    ]
    return show(rows, as_json=as_json, last="" if rows else "nothing is built yet")


def findings(context: Context, *, as_json: bool) -> int:
    """Print the table of findings; exit code 1 when one of them fails its step."""
    from phaseline.operators.images.checks.finding import counted, settled
    from phaseline.operators.images.gate import all_findings

    sheets = [all_findings(context, one) for one in context.pipeline.components]
    every = settled((finding for sheet in sheets for finding in sheet.findings), ())
    show([one.row() for one in every], as_json=as_json)
    if not as_json:
        for told in dict.fromkeys(one for sheet in sheets for one in sheet.skipped):
            say(f"skipped: {told}")
        missing = [
            one.name
            for one, sheet in zip(context.pipeline.components, sheets, strict=True)
            if not sheet.looked
        ]
        say(f"not checked yet: {', '.join(missing)}" if missing else counted(every))
    return int(any(one.fails for one in every))
