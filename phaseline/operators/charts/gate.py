"""T019: the phase's gate: helm's own linter, a schema that refuses, a rendering that repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.charts.rendering import chart_folder, rendered, values_file
from phaseline.operators.images.draft import draft
from phaseline.process import journal
from phaseline.process.run import attempt
from phaseline.tools.helm import Helm

UNKNOWN = "phaselineUnknown"


def check_chart(context: Context) -> Report:
    """Lint strictly, render twice, and try values that the schema has to refuse.

    Raises:
        CheckFailed: the linter's findings; two renderings differ; an unknown value was taken.
    """
    journal.progress("lints the chart")
    _lint(context)
    journal.progress("renders the chart twice")
    difference = first_difference(rendered(context), rendered(context))
    if difference:
        raise CheckFailed(
            "two renderings of the chart differ",
            why=difference,
            fix="take random values and times out of the templates; keep them with `lookup`",
        )
    tried = list(unknown_values(context.pipeline.components))
    for field, values in tried:
        journal.progress(f"tries the unknown value {field}")
        _expect_refusal(context, field, values)
    return Report(summary=f"lint clean, renders alike, {len(tried)} unknown values refused")


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


def _expect_refusal(context: Context, field: str, values: dict[str, Any]) -> None:
    with draft(context.state / "chart.draft") as folder:
        trial = folder / "unknown.yaml"
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
