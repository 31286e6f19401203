"""T019: the phase's gate: helm's own linter, and a rendering that repeats."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import read_manifest
from phaseline.operators.charts.rendering import chart_folder, rendered, values_file
from phaseline.process import journal
from phaseline.process.run import attempt
from phaseline.process.threads import each
from phaseline.tools.helm import Helm


def check_chart(context: Context) -> Report:
    """Lint strictly, and render again.

    Raises:
        CheckFailed: the linter's findings, or two renderings differ.
    """
    journal.progress("lints the chart and renders it again")
    each(lambda part: part(context), (_lint, _renders_alike))
    return Report(summary="lint clean, renders alike")


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


def first_difference(first: str, second: str) -> str:
    """The first line at which two texts part, as it is in both; empty when they are equal."""
    if first == second:
        return ""
    lines = (first.splitlines(), second.splitlines())
    for number, (one, other) in enumerate(zip(*lines, strict=False), 1):
        if one != other:
            return f"line {number}: {one.strip()!r}, then {other.strip()!r}"
    return f"one has {len(lines[0])} lines, the other {len(lines[1])}"
