"""T019: the phase's gate: helm's own linter, a schema that refuses, a rendering that repeats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import read_manifest
from phaseline.operators.charts.rendering import chart_folder, rendered, values_file
from phaseline.operators.images.draft import draft
from phaseline.process import journal
from phaseline.process.run import attempt
from phaseline.process.threads import each
from phaseline.tools.helm import Helm

UNKNOWN = "phaselineUnknown"


def check_chart(context: Context) -> Report:
    """Lint strictly, render again, and try values that the schema has to refuse.

    Raises:
        CheckFailed: the linter's findings; two renderings differ; an unknown value was taken.
    """
    tried = list(unknown_values(context.pipeline.components))
    journal.progress(f"lints and renders the chart, and tries {len(tried)} unknown values")
    with draft(context.state / "chart.draft") as folder:
        refusals = [partial(_expect_refusal, context, folder, *one) for one in tried]
        each(_call, [partial(_lint, context), partial(_renders_alike, context), *refusals])
    return Report(summary=f"lint clean, renders alike, {len(tried)} unknown values refused")


def _call(check: Callable[[], None]) -> None:
    check()


def _renders_alike(context: Context) -> None:
    if difference := first_difference(read_manifest(context), rendered(context)):
        raise CheckFailed(
            "two renderings of the chart differ",
            why=difference,
            fix="take random values and times out of the templates; keep them with `lookup`",
        )


def _lint(context: Context) -> None:
    version = context.pipeline.cluster.kubernetes
    command = Helm.of(context).lint(chart_folder(context), values_file(context), kubernetes=version)
    completed = attempt(command)
    if completed.code:  # the findings are on stdout, stderr only counts the charts
        raise CheckFailed(
            "helm lint refuses the chart",
            why=f"{completed.stdout}\n{completed.stderr}".strip(),
            fix=f"correct what it names; by hand: {command}",
        )


def unknown_values(components: tuple[Component, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Values that no schema may take: one at the top, one beside each component's image."""
    yield UNKNOWN, {UNKNOWN: True}
    for component in components:
        tree: dict[str, Any] = {UNKNOWN: True}
        for part in reversed(component.values.split(".")):
            tree = {part: tree}
        yield f"{component.values}.{UNKNOWN}", tree


def first_difference(first: str, second: str) -> str:
    """The first line at which two texts part, as it is in both; empty when they are equal."""
    if first == second:
        return ""
    lines = (first.splitlines(), second.splitlines())
    for number, (one, other) in enumerate(zip(*lines, strict=False), 1):
        if one != other:
            return f"line {number}: {one.strip()!r}, then {other.strip()!r}"
    return f"one has {len(lines[0])} lines, the other {len(lines[1])}"


def _expect_refusal(context: Context, folder: Path, field: str, values: dict[str, Any]) -> None:
    trial = folder / f"{field}.yaml"
    trial.write_text(json.dumps(values))
    try:
        rendered(context, trial)
    except CommandFailed as refusal:
        if UNKNOWN in refusal.why:
            return
        raise
    raise CheckFailed(
        f"the chart takes the unknown value {field}",
        why="a misspelt value would be ignored in silence",
        fix="set additionalProperties: false there in values.schema.json",
    )
