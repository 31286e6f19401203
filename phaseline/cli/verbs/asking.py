"""Operations that are asked for in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task
from phaseline.engine.graph import Graph

_TEXT = """Do in the cluster what REQUEST says, in English; - reads it from standard input.

What it is taken to mean is shown with all that would change, as the API server's dry run has it.
Approved, it is applied by an account that may do this and nothing else, and verified; what does
not come true is put back. Kubernetes' own namespaces are closed; so is the application's, unless
it is named. All of it goes into the evidence. Exit codes:

0 done and verified, or answered; 1 failed and put back, or the cluster does not answer;
2 an option is wrong; 3 the assistant that was named is not here; 4 another run is at work;
5 refused: not allowed or not approved; 7 not understood, with what was nearest;
8 failed, and not all could be put back."""
_HELP = {
    "request": "what to do, such as 'scale web to 3'; - reads standard input",
    "namespace": "where, if the words name no namespace",
    "yes": "approve what is shown",
    "dry-run": "stop when it is shown",
    "assistant": "rules, model, kubectl-ai or kagent; default: rules, then another if need be",
    "json": "print JSON",
}
_PURPOSES = {
    "deploy": ("Make or update workloads by request.", "ai.deploy 'run two copies of nginx:1.27'"),
    "scale": ("Scale a workload by request.", "ai.scale 'double the replicas of web'"),
}


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""
    found = {"ask": _asking(folder, _TEXT, "ai 'scale web to 3' --namespace shop")}
    for name, (text, example) in _PURPOSES.items():
        found[name] = _asking(folder, f"{text}\n\nSee `invoke --help ai`.", example)
    found["debug"] = _debugging(folder)
    return {f"ai.{name}": task for name, task in found.items()}


def _asking(folder: Path, text: str, example: str) -> Task[Any]:
    def ask(
        c: object,
        request: str,
        namespace: str = "",
        yes: bool = False,
        dry_run: bool = False,
        assistant: str = "auto",
        json: bool = False,
    ) -> int:
        return _ask(folder, request, namespace, yes, dry_run, assistant, json)

    return make_task(ask, text, _HELP, example)


def _debugging(folder: Path) -> Task[Any]:
    def debug(
        c: object,
        target: str = "",
        namespace: str = "",
        fix: bool = False,
        yes: bool = False,
        dry_run: bool = False,
        assistant: str = "auto",
        json: bool = False,
    ) -> int:
        request = f"fix {target}" if fix else f"why is {target} failing?"
        request = request if target else "fix what is broken" if fix else "what is wrong?"
        return _ask(folder, request, namespace, yes, dry_run, assistant, json)

    text = "Say why something is failing; with --fix, repair the cause.\n\nSee `invoke --help ai`."
    help_ = {
        **{name: told for name, told in _HELP.items() if name != "request"},
        "target": "a workload, pod, Service or the like; default: what is unwell in the namespace",
        "fix": "repair it, once that is approved",
    }
    return make_task(debug, text, help_, "ai.debug --target checkout --namespace shop --fix")


def _ask(
    folder: Path,
    request: str,
    namespace: str,
    yes: bool,
    dry_run: bool,
    assistant: str,
    json: bool,
) -> int:
    from phaseline.cli import asking

    wanted = asking.Wanted(
        request=request,
        namespace=namespace,
        yes=yes,
        dry_run=dry_run,
        assistant=assistant,
        json=json,
    )
    return asking.ask(context(folder), wanted)
