"""The Invoke tasks, made from the graph: one for each phase, and the everyday verbs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from invoke.collection import Collection
from invoke.tasks import Task

from phaseline.cli.edge import alone, context, edge, say
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph, Phase

_JSON = {"json": "print JSON instead of a table"}
_RUN = {
    "jobs": "how many steps may work at once",
    "keep-going": "after a failure, go on with what does not depend on it",
}


def collection(graph: Graph, folder: Path, everything: tuple[str, ...]) -> Collection:
    """All tasks.

    Args:
        folder: where tasks.py is; used when no pipeline.yaml is above the current folder.
        everything: the phases that `deploy-all` runs.
    """
    root = Collection()
    cluster = Collection("cluster")
    for phase in graph.phases.values():
        run = _phase(graph, folder, phase)
        if phase.name == "cluster":
            cluster.add_task(run, name="up", default=True)
        else:
            root.add_task(run, name=phase.name)
    root.add_task(_deploy_all(graph, folder, everything), name="deploy-all")
    for name, task in _questions(graph, folder, everything).items():
        root.add_task(task, name=name)
    root.add_task(_teardown(folder), name="teardown")
    for name, task in _cluster_verbs(folder).items():
        cluster.add_task(task, name=name)
    root.add_collection(cluster)
    app = Collection("app")
    app.add_task(_addresses(folder), name="addresses")
    root.add_collection(app)
    return root


def _task(body: Callable[..., int], text: str, help_: dict[str, str], example: str) -> Task[Any]:
    body.__doc__ = f"{text}\n\nExample: invoke {example}"
    return Task(edge(body), help=help_)


def _runner(graph: Graph, folder: Path, phases: tuple[str, ...]) -> Callable[..., int]:
    # a text, because Invoke answers a number that is none with a traceback
    def run(c: object, jobs: str = "6", keep_going: bool = False) -> int:
        from phaseline.cli.running import run_phases

        if not jobs.isdecimal() or int(jobs) < 1:
            raise InvalidConfiguration(f"--jobs {jobs}: it takes a whole number from 1 up")
        return run_phases(graph, context(folder), phases, jobs=int(jobs), keep_going=keep_going)

    return run


def _phase(graph: Graph, folder: Path, phase: Phase) -> Task[Any]:
    text = f"Phase {phase.number}: {phase.title}\n\nRuns what it needs first."
    run = _runner(graph, folder, (phase.name,))
    return _task(run, text, _RUN, f"{phase.name} --keep-going")


def _deploy_all(graph: Graph, folder: Path, phases: tuple[str, ...]) -> Task[Any]:
    last = graph.phases[phases[-1]].number
    text = (
        f"Phases 1 to {last}: from nothing to a working application, and its addresses.\n\n"
        "What is up to date is left alone."
    )
    return _task(_runner(graph, folder, phases), text, _RUN, "deploy-all --jobs 2")


def _questions(graph: Graph, folder: Path, phases: tuple[str, ...]) -> dict[str, Task[Any]]:
    def plan(c: object, live: bool = False, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.plan(graph, context(folder), list(phases), live=live, as_json=json)

    def status(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.status(graph, context(folder), as_json=json)

    def doctor(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.doctor(context(folder), as_json=json)

    live = {"live": "ask the live world too, not only the records"}
    would, fetched = "What deploy-all would run, and why.", "what would be fetched"
    return {
        "plan": _task(plan, f"{would} Changes nothing.", live | _JSON, "plan --live"),
        "status": _task(status, "Every step with its last result and age.", _JSON, "status --json"),
        "doctor": _task(doctor, f"Whether this machine will do, and {fetched}.", _JSON, "doctor"),
    }


def _teardown(folder: Path) -> Task[Any]:
    def whole(c: object, state: bool = False) -> int:
        from phaseline.operators.teardown import remove_state, teardown

        here = context(folder)
        with alone(here, "invoke teardown"):
            code = _told(teardown(here))
            if state:
                say(remove_state(here).summary)
        return code

    text = "Remove the cluster, the images and our Docker daemon; caches and packages stay."
    help_ = {"state": "also remove .phaseline: records, logs, rendered files"}
    return _task(whole, text, help_, "teardown --state")


def _cluster_verbs(folder: Path) -> dict[str, Task[Any]]:
    def status(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.cluster_status(context(folder), as_json=json)

    def verb(name: str) -> Callable[[object], int]:
        def run(c: object) -> int:
            from phaseline.operators.clusters import node

            operators: dict[str, Callable[[Context], Report]] = {
                "stop": node.stop,
                "restart": node.restart,
                "delete": node.delete,
            }
            here = context(folder)
            with alone(here, f"invoke cluster.{name}"):
                return _told(operators[name](here))

        return run

    return {
        "status": _task(
            status,
            "The processes of the node, and whether each is up.",
            _JSON,
            "cluster.status --json",
        ),
        **{
            name: _task(verb(name), text, {}, f"cluster.{name}")
            for name, text in {
                "stop": "Stop the node; its data stays for the next start.",
                "restart": "Stop the node and start it with its data.",
                "delete": "Remove the cluster and all its data.",
            }.items()
        },
    }


def _addresses(folder: Path) -> Task[Any]:
    def addresses(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.addresses(context(folder), as_json=json)

    return _task(addresses, "Where the application answers.", _JSON, "app.addresses --json")


def _told(report: Report) -> int:
    say(report.summary)
    for line in report.lines:
        say(f"  {line}")
    return 0
