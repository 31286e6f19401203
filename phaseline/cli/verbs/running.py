"""Running phases, and taking down what they have made."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import alone, context, say, told
from phaseline.cli.task import make_task, whole_number
from phaseline.engine.graph import Graph, Phase

_WITH = {"with": "optional tools to fetch: minikube, kubectl-ai"}
_RUN = {
    "jobs": "how many steps may work at once",
    "keep-going": "after a failure, go on with what does not depend on it",
    "only": "these steps and no others; T007 stands for all of T007.*",
    "from": "this step, and what comes after it",
    "through": "what is needed up to this step, and itself",
    "force": "run these steps even if nothing has changed",
    "rehash": "read every file again, whatever is remembered of it",
    "watch": "until Ctrl-C, run again what a saved file touches; served first, checked then",
    "cluster": "embedded, minikube or context:NAME; kept for the workspace once it is made",
    "json": "print the events as JSON lines instead of a screen",
    "verbose": "show what each step's programs printed, when it has ended",
}


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name; the phase `cluster` is the default of the collection `cluster`."""
    phases = {phase.name: _phase(graph, folder, phase) for phase in graph.phases.values()}
    if "cluster" in phases:
        phases["cluster.up"] = phases.pop("cluster")
    return {
        **phases,
        "deploy-all": _deploy_all(graph, folder, everything),
        "teardown": _teardown(folder),
    }


def _runner(graph: Graph, folder: Path, task: str, phases: tuple[str, ...]) -> Callable[..., int]:
    def run(
        c: object,
        jobs: str = "6",
        keep_going: bool = False,
        only: str = "",
        from_: str = "",
        through: str = "",
        force: str = "",
        rehash: bool = False,
        watch: bool = False,
        cluster: str = "",
        json: bool = False,
        verbose: bool = False,
    ) -> int:
        from phaseline.cli.running import Asked, run_phases
        from phaseline.engine.selection import Wish

        asked = Asked(
            task=task,
            phases=phases,
            jobs=whole_number("--jobs", jobs, least=1),
            keep_going=keep_going,
            wish=Wish(only=_listed(only), since=from_, through=through, force=_listed(force)),
            rehash=rehash,
            json=json,
            verbose=verbose,
        )
        if watch:
            from phaseline.cli import watching

            return watching.watch(graph, lambda: context(folder, cluster), asked, folder)
        return run_phases(graph, context(folder, cluster), asked)

    return run


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name for one in names.split(",") if (name := one.strip()))


def _phase(graph: Graph, folder: Path, phase: Phase) -> Task[Any]:
    text = f"Phase {phase.number}: {phase.title}\n\nRuns what it needs first."
    run = _runner(graph, folder, phase.name, (phase.name,))
    if phase.name == "setup":
        return make_task(_with_tools(run), text, _RUN | _WITH, "setup --with minikube")
    return make_task(run, text, _RUN, f"{phase.name} --keep-going")


def _with_tools(run: Callable[..., int]) -> Callable[..., int]:
    """`run`, then what nobody has to have and was asked for."""

    def fetching(*arguments: Any, with_: str = "", **options: Any) -> int:
        from phaseline.operators.hosts import optional

        optional.require_known(names := _listed(with_))
        code = run(*arguments, **options)
        return told(optional.fetch(names)) if names and not code else code

    known = signature(run).parameters.values()
    more = Parameter("with_", Parameter.POSITIONAL_OR_KEYWORD, default="")
    fetching.__signature__ = Signature([*known, more])  # type: ignore[attr-defined]
    return fetching


def _deploy_all(graph: Graph, folder: Path, phases: tuple[str, ...]) -> Task[Any]:
    last = graph.phases[phases[-1]].number
    text = (
        f"Phases 1 to {last}: from nothing to a working application, and its addresses.\n\n"
        "What is up to date is left alone."
    )
    run = _runner(graph, folder, "deploy-all", phases)
    return make_task(run, text, _RUN, "deploy-all --jobs 2 --through T019")


def _teardown(folder: Path) -> Task[Any]:
    def whole(c: object, state: bool = False) -> int:
        from phaseline.engine import separate
        from phaseline.operators.teardown import remove_state, teardown

        here = context(folder)
        with alone(here, "invoke teardown"):
            separate.clear(here, teardown)
            code = told(teardown(here))
            if state:
                say(remove_state(here).summary)
        return code

    text = "Remove the cluster, the images and our Docker daemon; caches and packages stay."
    help_ = {"state": "also remove .phaseline: records, logs, rendered files"}
    return make_task(whole, text, help_, "teardown --state")
