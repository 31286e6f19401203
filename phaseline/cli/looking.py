"""What can be asked without changing anything: plan, doctor, the addresses."""

from __future__ import annotations

from phaseline.cli.words import show
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph, Kind, Step


def plan(graph: Graph, context: Context, phases: list[str], *, live: bool, as_json: bool) -> int:
    """Print which steps of `phases` would run, and why; with `live`, probes are asked too."""
    will_run: set[str] = set()
    listed = []
    for step in graph.wanted_for(phases):
        state, reason = _prospect(step, graph, context, will_run, live=live)
        if state == "will run":
            will_run.add(step.id)
        phase = graph.phase_of[step.id].name
        listed.append(
            {"step": step.id, "phase": phase, "title": step.title, "state": state, "reason": reason}
        )
    return show(listed, as_json=as_json, last=f"{len(will_run)} steps would run")


def _prospect(
    step: Step, graph: Graph, context: Context, will_run: set[str], *, live: bool
) -> tuple[str, str]:
    """What a run would do with `step`, and why."""
    from phaseline.engine import freshness

    if step.kind is Kind.NOT_BUILT:
        return "not built", ""
    if lacks(step, context):
        return "not applicable", f"the application has no {step.role}"
    verdict = freshness.judge(step, graph, context, probe=live, keyed=False)
    if not verdict.fresh:
        return "will run", verdict.reason
    upstream = [name for name in step.needs if name in will_run]
    if upstream:
        return "will run", f"needs {upstream[0]}, which will run"
    return "unchanged", verdict.reason


def lacks(step: Step, context: Context) -> bool:
    """Whether the application has no component of the step's role."""
    roles = {one["role"] for one in context.workspace.settings["components"]}
    return step.role is not None and step.role not in roles


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
    last = f"{len(bad)} obstacles" if bad else "this machine will do"
    show(listed, as_json=as_json, last=last)
    return 3 if bad else 0


def addresses(context: Context, *, as_json: bool) -> int:
    """Print where the application answers."""
    from phaseline.operators.services import live

    known = live.places(context)
    listed = [{"name": name, "address": place} for name, place in known.items()]
    return show(listed, as_json=as_json)


def application(context: Context, *, as_json: bool) -> int:
    """Print whether the application is well, check by check; exit code 1 when one fails."""
    rows = checked(context)
    bad = sum(row["state"] != "ok" for row in rows)
    show(rows, as_json=as_json, last=f"{bad} of {len(rows)} failed" if bad else "all is well")
    return 1 if bad else 0


def checked(context: Context) -> list[dict[str, str]]:
    """Whether the application is well, check by check."""
    from phaseline.core.errors import PhaselineError
    from phaseline.operators.deployments import proof
    from phaseline.operators.services import balance, checks, discovery

    rows = []
    for what, check in {
        "workloads": proof.check_status,
        "images": proof.check_images,
        "services": checks.check_created,
        "discovery": discovery.check_discovery,
        "balance": balance.check_balance,
        "endpoints": checks.check_health,
        "journeys": checks.check_journeys,
    }.items():
        try:
            rows.append({"check": what, "state": "ok", "seen": check(context).summary, "fix": ""})
        except PhaselineError as error:
            seen = ": ".join(filter(None, (error.what, error.why)))
            rows.append({"check": what, "state": "not ok", "seen": seen, "fix": error.fix})
    return rows
