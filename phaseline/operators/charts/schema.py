"""T013: the chart's schema refuses what it does not know, so that no misspelt value is ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.charts.rendering import chart_folder
from phaseline.operators.images.draft import draft
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.process.threads import each
from phaseline.tools.helm import Helm

UNKNOWN = "phaselineUnknown"


def check_schema(context: Context) -> Report:
    """Render the chart with values that its schema has to refuse.

    Raises:
        CheckFailed: an unknown value was taken.
        CommandFailed: helm refuses for another reason; its words are in the message.
    """
    tried = list(unknown_values(context.pipeline.components))
    journal.progress(f"tries {len(tried)} unknown values")
    with draft(context.state / "chart.draft") as folder:
        each(lambda one: _expect_refusal(context, folder, *one), tried)
    return Report(summary=f"{len(tried)} unknown values refused")


def unknown_values(components: tuple[Component, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Values that no schema may take: one at the top, one beside each component's image."""
    yield UNKNOWN, {UNKNOWN: True}
    for component in components:
        tree: dict[str, Any] = {UNKNOWN: True}
        for part in reversed(component.values.split(".")):
            tree = {part: tree}
        yield f"{component.values}.{UNKNOWN}", tree


def _expect_refusal(context: Context, folder: Path, field: str, values: dict[str, Any]) -> None:
    trial = folder / f"{field}.yaml"
    trial.write_text(json.dumps(values))
    chart, version = context.pipeline.chart, context.pipeline.cluster.kubernetes
    helm = Helm.of(context)
    try:
        run(helm.template(chart.release, chart_folder(context), trial, kubernetes=version))
    except CommandFailed as refusal:
        if UNKNOWN in refusal.why:
            return
        raise
    raise CheckFailed(
        f"the chart takes the unknown value {field}",
        why="a misspelt value would be ignored in silence",
        fix="set additionalProperties: false there in values.schema.json",
    )
