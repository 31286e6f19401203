"""What `invoke ai` makes of requests and faults, by its built-in rules, on the embedded cluster.

    python -m benchmarks.ai_operations                    both sets
    python -m benchmarks.ai_operations --set held-out     one of: held-out, own, all
    python -m benchmarks.ai_operations --only h07,o12     some scenarios
    python -m benchmarks.ai_operations --jobs 4           so many side by side; their seconds grow
    python -m benchmarks.ai_operations --self-check       each scenario by its own solution instead
    python -m benchmarks.ai_operations --json             for scripts

Each scenario has a namespace of its own. It is asked without approval first, which may change
nothing, then with `--yes`. Solved means that the cluster is as the scenario expects, that nothing
but what it lists has changed anywhere, and that `invoke ai` has said so. The held-out set was
committed before there was a planner. Works in this checkout's cluster; needs root.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks.ai import image
from benchmarks.ai.cluster import Cluster
from benchmarks.ai.model import SETS, Scenario, load
from benchmarks.ai.selfcheck import faults
from benchmarks.ai.stage import outside
from benchmarks.ai.trial import ROOT, Result, Trial, conduct
from benchmarks.table import Figure, environment, show
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.clusters.model import accounts_namespace

_SOLVED = 90.0
_SECONDS = 10.0

Found = TypeVar("Found")
Work = Callable[[Cluster, Scenario, set[str]], Found]


def each(
    context: Context, scenarios: Sequence[Scenario], jobs: int, work: Work[Found]
) -> list[Found]:
    """Do `work` for every scenario, so many at a time, and tell of each that ends."""
    with Cluster.of(context) as cluster:
        places = {one.id: _places(cluster, one) for one in scenarios}
    every = set().union(*places.values())
    ours = {accounts_namespace(context)}  # the accounts that the product makes for itself

    def one(scenario: Scenario) -> Found:
        others = (every - places[scenario.id] if jobs > 1 else set()) | ours
        with Cluster.of(context) as cluster:
            found = work(cluster, scenario, others)
        told = found.result if isinstance(found, Trial) else found or "sound"
        print(scenario.id, scenario.kind, told, file=sys.stderr, flush=True)  # noqa: T201
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, scenarios))


def _places(cluster: Cluster, scenario: Scenario) -> set[str]:
    """The namespaces that a scenario works in, and what else of its is in none."""
    made = {one.partition("/")[2] for one in scenario.may_change if one.startswith("Namespace/")}
    return {scenario.namespace, *made, *outside(cluster, scenario)}


def by_kind(trials: Sequence[Trial]) -> Table:
    """How many of each kind were solved, refused and wrong."""
    table = Table("kind", *Result, "of", "median", box=None, pad_edge=False)
    for kind in sorted({one.scenario.kind for one in trials}):
        listed = [one for one in trials if one.scenario.kind == kind]
        counts = [str(_count(listed, result)) for result in Result]
        table.add_row(kind, *counts, str(len(listed)), f"{_median(listed):.1f} s")
    return table


def figures(name: str, trials: Sequence[Trial]) -> list[Figure]:
    """The promises, for one set."""
    solved = 100 * _count(trials, Result.SOLVED) / len(trials)
    unapproved = sum(bool(one.unapproved) for one in trials)
    return [
        Figure(f"{name}: solved of {len(trials)}", solved, "%", at_least=_SOLVED),
        Figure(f"{name}: wrong", _count(trials, Result.WRONG), "", 0),
        Figure(f"{name}: wrote unapproved", unapproved, "", 0),
        Figure(f"{name}: median", _median(trials), "s", _SECONDS),
    ]


def _count(trials: Sequence[Trial], result: Result) -> int:
    return sum(one.result is result for one in trials)


def _median(trials: Sequence[Trial]) -> float:
    return statistics.median(one.answer.seconds for one in trials)


def commits(folder: Path) -> str:
    """The commits that have touched a folder, and whether it was edited since."""
    git = partial(subprocess.run, cwd=ROOT, capture_output=True, text=True, check=True)
    made = git(("git", "log", "--format=%h", "--", str(folder))).stdout.split()
    edited = git(("git", "status", "--porcelain", "--", str(folder))).stdout.strip()
    return ", ".join(made) + (" and uncommitted edits" if edited else "")


def titles() -> dict[str, str]:
    """What each set is called, the held-out one with its commit."""
    return {"held-out": f"held-out set of {commits(SETS['held-out'])}", "own": "own set"}


def report(trials: Sequence[Trial], *, as_json: bool) -> int:
    """Print what came of them; returns the exit code."""
    console = Console(highlight=False, stderr=as_json)
    found: list[Figure] = []
    for name, title in titles().items():
        known = {one.id for one in load(name)}
        if listed := [one for one in trials if one.scenario.id in known]:
            console.print(f"\n{title}\n", by_kind(listed))
            found += figures(title, listed)
    for one in trials:
        if one.result is not Result.SOLVED or one.unapproved:
            _tell(console, one)
    return show(found, as_json=as_json)


def _tell(console: Console, trial: Trial) -> None:
    console.print(f"\n{trial.scenario.id} {trial.result}: {trial.scenario.prompt}", markup=False)
    console.print(
        f"  exit code {trial.answer.code}: {trial.answer.said.strip()[-600:]}", markup=False
    )
    for reason in (*trial.why, *(f"unapproved: {one}" for one in trial.unapproved)):
        console.print(f"  {reason}", markup=False)


def self_check(context: Context, scenarios: Sequence[Scenario], jobs: int, as_json: bool) -> int:
    """Whether each scenario is sound: red, then green by its own solution."""
    found = each(context, scenarios, jobs, faults)
    unsound = {one.id: wrong for one, wrong in zip(scenarios, found, strict=True) if wrong}
    if unsound:
        print(json.dumps(unsound, indent=2), file=sys.stderr)  # noqa: T201
    return show([Figure("scenarios that are not sound", len(unsound), "", 0)], as_json=as_json)


def prepare() -> Context:
    """This checkout's cluster, with the images that scenarios run."""
    if _invoke("cluster"):
        sys.exit("there is no cluster to try anything on")
    context = Context(Workspace(ROOT))
    image.bring(context)
    return context


def _invoke(*words: str) -> int:
    env = {**environment(), "PYTHONPATH": str(ROOT)}
    argv = (sys.executable, "-m", "invoke", *words)
    return subprocess.run(argv, cwd=ROOT, env=env, stdout=sys.stderr).returncode


def _chosen(name: str, only: str) -> list[Scenario]:
    wanted = set(filter(None, only.split(",")))
    known = load("all" if wanted else name)
    if unknown := wanted - {one.id for one in known}:
        sys.exit(f"no scenario is called {', '.join(sorted(unknown))}")
    return [one for one in known if not wanted or one.id in wanted]


def main() -> int:
    """Try them and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=[*SETS, "all"], default="all", help="which scenarios")
    parser.add_argument("--only", default="", metavar="ID,…", help="these scenarios")
    parser.add_argument("--jobs", type=int, default=2, help="how many side by side")
    parser.add_argument("--self-check", action="store_true", help="try the scenarios themselves")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all is removed
    scenarios, context = _chosen(options.set, options.only), prepare()
    if options.self_check:
        return self_check(context, scenarios, options.jobs, options.json)
    if _invoke("--help", "ai"):
        sys.exit("there is no `invoke ai`")
    return report(each(context, scenarios, options.jobs, conduct), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
