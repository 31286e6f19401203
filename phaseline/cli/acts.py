"""What can be done without watching it, by the name of the task that does the same.

The tasks and the API's operations call what is here, so neither can do what the other cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from phaseline.cli.edge import alone
from phaseline.core.errors import CheckFailed, Interrupted
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph
from phaseline.engine.outcome import Watcher

Parameters = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where something is done.

    Attributes:
        everything: the phases of `deploy-all`.
        watcher: told what is going on.
        ran: told the name of each run of phases that begins.
    """

    graph: Graph
    context: Context
    everything: tuple[str, ...]
    watcher: Watcher
    ran: Callable[[str], None]


Act = Callable[[Surroundings, Parameters], Any]


def start(context: Context) -> Report:
    """Start the cluster with its data; make it where there is none."""
    from phaseline.operators.clusters import node

    return node.start(context)


def stop(context: Context) -> Report:
    """Stop the cluster; its data stays for the next start."""
    from phaseline.operators.clusters import node

    return node.stop(context)


def restart(context: Context) -> Report:
    """Stop the cluster and start it with its data."""
    from phaseline.operators.clusters import node

    return node.restart(context)


def delete(context: Context) -> Report:
    """Remove the cluster and all its data."""
    from phaseline.operators.clusters import node

    return node.delete(context)


def scale(context: Context, component: str, replicas: int) -> Report:
    """Have so many pods of a component, until the next deploy-all."""
    from phaseline.operators.deployments import operations

    return operations.scale(context, component, replicas)


def rollback(context: Context, revision: int) -> Report:
    """Go back to a revision of the release, and wait until it is rolled out."""
    from phaseline.operators.deployments import operations

    return operations.rollback(context, revision)


def update(context: Context, component: str, image: str, values: list[str]) -> Report:
    """Bring the images that were built last, or other values, to the running release."""
    from phaseline.operators.deployments.update import update as bring

    return bring(context, component, image, values)


# What changes the workspace's world, one at a time, and ends with a report.
CHANGES: dict[str, Callable[..., Report]] = {
    "cluster.start": start,
    "cluster.stop": stop,
    "cluster.restart": restart,
    "cluster.delete": delete,
    "app.scale": scale,
    "app.rollback": rollback,
    "app.update": update,
}


def change(name: str, context: Context, parameters: Parameters) -> Report:
    """Make one change while nobody else makes one.

    Raises:
        LockHeld: somebody does; else what its operator raises.
    """
    with alone(context, f"invoke {name}"):
        return CHANGES[name](context, **parameters)


def _change(name: str) -> Act:
    def act(around: Surroundings, parameters: Parameters) -> dict[str, Any]:
        done = change(name, around.context, parameters)
        return {"summary": done.summary, "lines": list(done.lines)}

    return act


def _run(around: Surroundings, parameters: Parameters) -> dict[str, Any]:
    """Run phases and what they need; the run tells the rest."""
    from phaseline.cli import running
    from phaseline.engine.schedule import Run
    from phaseline.engine.selection import Wish

    names: list[str] = []

    def begun(run: Run) -> None:
        names.append(run.id)
        around.ran(run.id)
        running.stop_at_signals(run)

    asked = running.Asked(
        task="deploy-all",
        phases=tuple(parameters["phases"]) or around.everything,
        keep_going=parameters["keep_going"],
        wish=Wish(through=parameters["through"], force=tuple(parameters["force"])),
    )
    code = running.run_phases(around.graph, around.context, asked, begun)
    if code == Interrupted.exit_code:
        raise KeyboardInterrupt
    if code:
        name = next(iter(names), "")
        raise CheckFailed(f"the run {name} ended with exit code {code}", fix="see its steps")
    return {"run": next(iter(names), "")}


def _check(around: Surroundings, _: Parameters) -> dict[str, Any]:
    from phaseline.cli import looking

    rows = looking.checked(around.context)
    return {"well": all(row["state"] == "ok" for row in rows), "checks": rows}


def _ask(around: Surroundings, parameters: Parameters) -> dict[str, Any]:
    from phaseline.cli import asking

    wanted = asking.Wanted(**parameters)
    return asdict(asking.carried(around.context, wanted, around.watcher))


def _analyze(around: Surroundings, parameters: Parameters) -> dict[str, Any]:
    from phaseline.operators.ai_operations.analysis.analysing import analyze
    from phaseline.operators.ai_operations.execution.accounts import reader

    with reader(around.context) as view:
        return dict(analyze(view, parameters["namespace"]).plain())


def _optimize(around: Surroundings, parameters: Parameters) -> dict[str, Any]:
    from phaseline.operators.ai_operations.execution.accounts import reader
    from phaseline.operators.ai_operations.sizing import recommending

    place = parameters["namespace"] or around.context.pipeline.chart.namespace
    with reader(around.context) as view:
        return dict(recommending.optimize(around.context, view, place).plain())


ACTS: dict[str, Act] = {
    **{name: _change(name) for name in CHANGES},
    "deploy-all": _run,
    "app.check": _check,
    "ai.ask": _ask,
    "ai.analyze": _analyze,
    "ai.optimize": _optimize,
}
