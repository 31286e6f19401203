"""What can be asked without changing anything: plan, status, doctor, the cluster, the addresses."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from phaseline.cli.console import duration
from phaseline.cli.edge import say
from phaseline.core.workspace import Context
from phaseline.engine import freshness, record
from phaseline.engine.graph import Graph, Kind

PIPED_WIDTH = 200


def plan(graph: Graph, context: Context, phases: list[str], *, live: bool, as_json: bool) -> int:
    """Print which steps of `phases` would run, and why; with `live`, probes are asked too."""
    will_run: set[str] = set()
    rows = []
    for step in graph.wanted_for(phases):
        if step.kind is Kind.NOT_BUILT:
            rows.append((step, "not built", ""))
            continue
        if step.role and not context.pipeline.of_role(step.role):
            rows.append((step, "not applicable", f"the application has no {step.role}"))
            continue
        verdict = freshness.judge(step, graph, context, probe=live)
        upstream = [name for name in step.needs if name in will_run]
        if verdict.fresh and not upstream:
            rows.append((step, "unchanged", verdict.reason))
            continue
        will_run.add(step.id)
        reason = verdict.reason if not verdict.fresh else f"needs {upstream[0]}, which will run"
        rows.append((step, "will run", reason))
    listed = [
        {
            "step": s.id,
            "phase": graph.phase_of[s.id].name,
            "title": s.title,
            "state": state,
            "reason": why,
        }
        for s, state, why in rows
    ]
    return _print(listed, as_json, f"{len(will_run)} steps would run")


def status(graph: Graph, context: Context, *, as_json: bool) -> int:
    """Print every step with its last result and age."""
    listed = []
    for phase in graph.phases.values():
        for step in phase.steps:
            kept = record.load(context.state, step.id)
            listed.append(
                {
                    "step": step.id,
                    "phase": phase.name,
                    "title": step.title,
                    "state": _state(step.kind, kept),
                    "age_seconds": round(time.time() - kept.started) if kept else None,
                    "summary": kept.summary if kept else "",
                }
            )
    done = sum(row["state"] == "done" for row in listed)
    return _print(listed, as_json, f"{done} of {len(listed)} steps done")


def _state(kind: Kind, kept: record.Record | None) -> str:
    if kind is Kind.NOT_BUILT:
        return "not built"
    return "done" if kept else "not done"


def doctor(context: Context, *, as_json: bool) -> int:
    """Print whether this machine will do, and from where each tool and package will come."""
    from phaseline.operators.hosts import fit, packages
    from phaseline.tools import outlook

    found = fit.findings(context)
    listed = [
        {
            "what": one.name,
            "state": "ok" if one.fit else "not ok",
            "seen": one.seen,
            "fix": "" if one.fit else one.fix,
        }
        for one in found
    ]
    standing = packages.packages_stand(context)
    state = "ok" if standing.stands else "missing"
    listed.append({"what": "system packages", "state": state, "seen": standing.seen, "fix": ""})
    for tool in outlook.plan():
        state = "ok" if tool.found else "to fetch" if tool.comes_from else "not ok"
        listed.append({"what": tool.name, "state": state, "seen": str(tool), "fix": ""})
    bad = [row for row in listed if row["state"] == "not ok"]
    _print(listed, as_json, f"{len(bad)} obstacles" if bad else "this machine will do")
    return 3 if bad else 0


def cluster_status(context: Context, *, as_json: bool) -> int:
    """Print the node's processes; exit code 1 when one is not up."""
    from phaseline.operators.clusters import access
    from phaseline.operators.clusters.embedded import running

    now = running.status(access.embedded(context))
    listed = [{"process": name, **unit} for name, unit in now["units"].items()]
    _print(listed, as_json, f"the node is {now['phase']}")
    return 0 if now["phase"] == "running" and all(row["ready"] for row in listed) else 1


def addresses(context: Context, *, as_json: bool) -> int:
    """Print where the application answers."""
    from phaseline.operators.services import live

    listed = [
        {"name": one.name, "address": live.url(context, one)} for one in context.pipeline.addresses
    ]
    return _print(listed, as_json, "")


def _print(rows: list[dict[str, Any]], as_json: bool, last: str) -> int:
    if as_json:
        say(json.dumps(rows, indent=2))
        return 0
    # where nobody looks, a line is not folded to the width of a terminal
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Console(highlight=False, width=width)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name.removesuffix("_seconds"), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    console.print(table)
    if last:
        console.print(f"\n{last}", markup=False)
    return 0


def _cell(name: str, value: Any) -> str:
    if name.endswith("_seconds"):
        return "" if value is None else duration(value)
    return str(value).replace("[", r"\[")
