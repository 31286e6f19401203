"""The report on the cluster, and recommendations, as tables or JSON."""

from __future__ import annotations

import json
import sys

from phaseline.cli.edge import say
from phaseline.cli.words import show
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.analysis.analysing import analyze as analyse
from phaseline.operators.ai_operations.analysis.analysing import table
from phaseline.operators.ai_operations.analysis.finding import Severity
from phaseline.operators.ai_operations.execution.accounts import reader
from phaseline.operators.ai_operations.sizing import recommending


def analyze(context: Context, namespace: str, *, hints: bool, as_json: bool) -> int:
    """Print what is found, the worst first. Returns 1 when something does not work now."""
    with reader(context) as view:
        found = analyse(view, namespace)
    broken = int(any(one.severity is Severity.CRITICAL for one in found.findings))
    if as_json:
        say(json.dumps(found.plain(), indent=2))
        return broken
    names = ("severity", "object", "what", "advice")
    rows = table(found, least=Severity.HINT if hints else Severity.LOW)
    counted = ", ".join(f"{count} {name}" for name, count in found.by_severity.items())
    unseen = f"; not looked at: {', '.join(found.unseen)}" if found.unseen else ""
    total = sum(found.counts.values())
    last = f"{counted or 'nothing found'} in {total} objects{unseen}"
    show([dict(zip(names, row, strict=True)) for row in rows], as_json=False, last=last)
    return broken


def optimize(context: Context, namespace: str, *, patch: bool, as_json: bool) -> int:
    """Print recommendations, and the patch of the chart's values."""
    place = namespace or context.pipeline.chart.namespace
    with reader(context) as view:
        found = recommending.optimize(context, view, place)
    if as_json:
        say(json.dumps(found.plain(), indent=2))
    elif patch:
        sys.stdout.write(found.patch)
    else:
        names = ("container", "value", "now", "fits", "confidence")
        rows = [dict(zip(names, row, strict=True)) for row in recommending.table(found)]
        show(rows, as_json=False, last=recommending.summary(found))
        for line in recommending.reasons(found):
            say(line)
        if found.patch:
            say(found.patch)
    return 0
