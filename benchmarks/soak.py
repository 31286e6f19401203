"""A long load on the deployed application: what it loses, how slow it gets, what its pods grow by.

    python -m benchmarks.soak --minutes 10

The system is that of this checkout, or of the folder that PHASELINE_WORKSPACE names. Figures and a
dated copy of them are left in `.phaseline/validation/`; the budgets are those of `pipeline.yaml`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import table
from phaseline.core.files import write_atomic, write_json
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.validation import deployment, figures, load, performance, plot
from phaseline.operators.validation.figures import Figure, Use
from phaseline.operators.validation.sessions import HOME, WORKSPACE

_WARM = 20.0  # seconds of load before the first look: what is filled once is no growth
_SETTLE = 15.0  # seconds until every kubelet has measured anew


def grown(before: Mapping[str, Use], after: Mapping[str, Use], most: float) -> list[Figure]:
    """By how much each component's largest pod grew; pure."""
    return [
        Figure(
            case=f"growth of {name}",
            figure=(after[name].memory - before[name].memory) / 1e6,
            unit="MB",
            at_most=most,
        )
        for name in sorted(before.keys() & after.keys())
    ]


def soak(context: Context, minutes: float) -> list[Figure]:
    """Put the load on, and measure.

    Raises:
        CheckFailed: the deployment changed meanwhile.
    """
    budgets, place = context.pipeline.budgets, performance.url(context)
    bound, names = deployment.bound(context), performance.image_names(context)
    load.put(place, clients=budgets.clients, seconds=_WARM)
    time.sleep(_SETTLE)
    before = performance.used(context, names)
    requests = load.put(place, clients=budgets.clients, seconds=minutes * 60)
    time.sleep(_SETTLE)
    after = performance.used(context, names)
    deployment.require_same(bound, deployment.bound(context))
    found = [*figures.of_load(requests, budgets), *grown(before, after, budgets.growth_mb)]
    _keep(context, found, requests, bound, minutes)
    return found


def _keep(
    context: Context,
    found: Sequence[Figure],
    requests: Sequence[load.Request],
    bound: Mapping[str, str],
    minutes: float,
) -> None:
    day = f"{datetime.now(UTC):%Y-%m-%dT%H%MZ}"
    place = performance.folder(context) / f"soak-{day}"
    rows = [one.row() for one in found]
    told = {"version": 1, "minutes": minutes, "figures": rows, "deployment": dict(bound)}
    write_json(place.with_suffix(".json"), told)
    title = f"{len(requests)} requests in {minutes:g} minutes"
    write_atomic(place.with_suffix(".svg"), plot.svg(requests, title))


def main() -> int:
    """Run it; returns 1 where a figure is beyond its budget."""
    parser = argparse.ArgumentParser(description="a long load on the deployed application")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    context = Context(Workspace(Path(os.environ.get(WORKSPACE, HOME))))
    found = soak(context, asked.minutes)
    bounds = ((one.case, one.figure, one.unit, one.at_most, one.at_least) for one in found)
    return table.show([table.Figure(*one) for one in bounds], as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main())
