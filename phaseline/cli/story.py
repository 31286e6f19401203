"""What runs have left, as one reads it: status, graph, trace, logs, report. Changes nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from phaseline.cli.edge import say
from phaseline.cli.looking import lacks
from phaseline.cli.words import show, table
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Graph
from phaseline.engine.standing import Stand, stands

_HIDDEN = ("phase", "summary", "run")


def status(graph: Graph, context: Context, *, as_json: bool) -> int:
    """Print every step with its last result, phase by phase."""
    found = stands(graph, context.state, lambda step: lacks(step, context))
    now = time.time()
    rows = [_row(one, graph, now) for one in found]
    if as_json:
        return show(rows, as_json=True)
    heading, *lines = table(rows, _HIDDEN)
    for phase in graph.phases.values():
        own = [index for index, row in enumerate(rows) if row["phase"] == phase.name]
        say(f"{phase.number} {phase.name}: {_counted([found[index] for index in own])}")
        if phase is next(iter(graph.phases.values())):
            say(f"  {heading}")
        for index in own:
            say(f"  {lines[index]}")
    done = sum(one.state == "done" for one in found)
    say(f"\n{done} of {len(found)} steps done")
    return 0


def _row(one: Stand, graph: Graph, now: float) -> dict[str, Any]:
    return {
        "step": one.step.id,
        "phase": graph.phase_of[one.step.id].name,
        "state": one.state,
        "age_seconds": None if one.when is None else round(now - one.when, 1),
        "duration_seconds": None if one.seconds is None else round(one.seconds, 3),
        "title": one.step.title,
        "reason": one.reason,
        "summary": one.summary,
        "run": one.run,
    }


def _counted(found: list[Stand]) -> str:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.state] = counts.get(one.state, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def graph_drawn(graph: Graph, context: Context, format_: str, output: str, *, as_json: bool) -> int:
    """Print the graph as Mermaid text, SVG or JSON, or write it to `output`.

    Raises:
        InvalidConfiguration: there is no such format.
    """
    from phaseline.engine import picture

    found = stands(graph, context.state, lambda step: lacks(step, context))
    states = {one.step.id: one.state for one in found}
    if as_json:
        return show(_nodes(graph, states), as_json=True)
    drawn = {"mermaid": picture.mermaid, "svg": picture.svg}
    if format_ not in drawn:
        raise InvalidConfiguration(f"--format {format_}: it takes {' or '.join(drawn)}")
    text = drawn[format_](graph, states)
    if output:
        text = str(_write(Path(output), text))
    say(text.rstrip("\n"))
    return 0


def _nodes(graph: Graph, states: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "step": step.id,
            "phase": graph.phase_of[step.id].name,
            "title": step.title,
            "kind": step.kind.value,
            "state": states[step.id],
            "needs": list(step.needs),
            "waits_for": list(graph.waits_for[step.id]),
        }
        for step in graph.steps.values()
    ]


def _write(path: Path, text: str) -> Path:
    from phaseline.core.files import write_atomic

    if not path.absolute().parent.is_dir():
        raise InvalidConfiguration(f"--output {path}: there is no such folder")
    return write_atomic(path, text)


def traced(graph: Graph, context: Context, folder: Path, *, as_json: bool) -> int:
    """Print for each ID of the source document its code, its tests and what these said last.

    Args:
        folder: where tasks.py is; its tests lie there.
    """
    from phaseline.engine.trace import read_results, trace

    results = read_results(context.state / "tests")
    rows: list[dict[str, Any]] = [
        {
            "id": line.id,
            "phase": line.phase,
            "title": line.title,
            "code": list(line.code),
            "tests": list(line.tests),
            "result": line.result,
        }
        for line in trace(graph, folder, results)
    ]
    if as_json:
        return show(rows, as_json=True)
    for row in rows:
        result = row["result"] or ("not run" if row["tests"] else "not built")
        say(f"{row['id']}  {result:<10} {row['phase']:<13} {row['title']}")
        for name, values in (("code", row["code"]), ("test", row["tests"])):
            for value in values:
                say(f"      {name}  {value}")
    told = sum(bool(row["result"]) for row in rows)
    say(f"\n{told} of {len(rows)} have a result: nox writes them, `nox -s unit` for one session")
    return 0


def logs(graph: Graph, context: Context, step: str, run: str, *, all_: bool, as_json: bool) -> int:
    """Print the last log of `step`, that of `run`, or all.

    Raises:
        InvalidConfiguration: there is no such step, run or log.
    """
    from phaseline.engine import runs
    from phaseline.engine.report import plain

    if step not in graph.steps:
        raise InvalidConfiguration(f"there is no step {step!r}", fix="`invoke status` lists all")
    if not run and not all_ and (last := runs.silent(context.state, step)):
        return _silence(step, last, as_json=as_json)
    found = runs.logs_of(context.state, step) if all_ else [runs.log_of(context.state, step, run)]
    root = context.workspace.root
    rows: list[dict[str, Any]] = [
        {
            "step": step,
            "run": path.parent.name,
            "path": str(path.relative_to(root)),
            "lines": plain(path.read_text(encoding="utf-8", errors="replace")).splitlines(),
        }
        for path in found
    ]
    if as_json:
        return show(rows, as_json=True)
    for row in rows:
        sys.stdout.write(f"{row['path']}\n")
        sys.stdout.writelines(f"{line}\n" for line in row["lines"])
    return 0


def _silence(step: str, run: str, *, as_json: bool) -> int:
    if as_json:
        return show([{"step": step, "run": run, "path": "", "lines": []}], as_json=True)
    say(f"{step} said nothing in its last run, {run}")
    return 0


def _plot(context: Context, turn: Execution) -> str:
    """What a step has drawn, if it is still what its evidence tells of."""
    if not (told := turn.identity.get("plot", "")):
        return ""
    from phaseline.core.files import digest_sha256
    from phaseline.operators.validation.performance import plot_file

    path = plot_file(context)
    if not path.is_file() or told != f"sha256:{digest_sha256(path)}":
        return ""
    return path.read_text(encoding="utf-8")


def reported(graph: Graph, context: Context, run: str, output: str, *, as_json: bool) -> int:
    """Write the report of `run`, by default of the last one, and print its path."""
    from phaseline.engine import report, runs

    story = runs.read(context.state, run or runs.last(context.state))
    root = context.workspace.root

    def log(turn: Execution) -> str:
        try:
            path = runs.log_of(context.state, turn.step, story.id)
        except InvalidConfiguration:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")

    application = context.workspace.settings["application"]
    text = report.page(story, graph, application, log, partial(_plot, context))
    path = _write(Path(output) if output else context.state / "report.html", text)
    shown = str(path.relative_to(root) if path.is_relative_to(root) else path)
    if as_json:
        row = {"run": story.id, "path": shown, "result": report.result(story)}
        return show([row], as_json=True)
    say(shown)
    return 0
