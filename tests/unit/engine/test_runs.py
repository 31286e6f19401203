"""What runs leave, read back: each of these runs is a real one."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import pytest

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine import record, runs
from phaseline.engine.folder import RunFolder
from phaseline.engine.graph import Graph, check, make, not_built
from phaseline.engine.schedule import Run
from phaseline.engine.standing import Stand, stands
from phaseline.process import journal
from tests.unit.engine.toy import join_step, joining, one_phase, workspace

_names = itertools.count(1)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "in").write_text("given\n")
    return workspace(tmp_path)


def breaks(context: Context) -> Report:
    if (context.workspace.root / "mended").exists():
        return Report("mended")
    raise CheckFailed("it is broken", why="rust", fix="paint")


def talking(context: Context) -> Report:
    journal.progress("joining")
    return joining("a.out", "in")(context)


GRAPH = one_phase(
    make("a", "A", talking, inputs=("in",), outputs=("a.out",)),
    check("b", "B", breaks),
    make("page", "Page", breaks, role="frontend"),
    not_built("T9", "Later"),
    join_step("c", ["a"]),
)


def ran(context: Context, graph: Graph = GRAPH, *, killed: bool = False) -> str:
    """A run as the command line does it; with `killed`, one that wrote no end. Its name."""
    name = f"20260101T00000{next(_names)}Z-ab"
    left = RunFolder(graph, context, name, command="invoke all", phases=["all"])
    run = Run(graph=graph, context=context, watcher=left, id=name, keep_going=True)
    with left:
        outcomes = run.run(graph.wanted_for(graph.phases))
        if not killed:
            left.close(int(any(outcome.error for outcome in outcomes)), "sha256:" + "a" * 64)
    return name


def lacking(step: object) -> bool:
    return getattr(step, "role", None) == "frontend"


def stood(context: Context, graph: Graph = GRAPH) -> dict[str, Stand]:
    return {one.step.id: one for one in stands(graph, context.state, lacking)}


def states(context: Context, graph: Graph = GRAPH) -> dict[str, str]:
    return {name: one.state for name, one in stood(context, graph).items()}


def test_a_run_tells_what_it_did(context: Context) -> None:
    name = ran(context)
    story = runs.read(context.state, name)
    assert (story.id, story.command, story.phases) == (name, "invoke all", ("all",))
    assert (story.code, story.head) == (1, "sha256:" + "a" * 64)
    assert story.ended
    assert story.started <= story.ended
    turns = {turn.step: turn for turn in story.turns}
    assert {step: turn.ending for step, turn in turns.items()} == {
        "a": "done",
        "b": "failed",
        "page": "not applicable",
        "T9": "not built",
        "c": "not run",
    }
    assert turns["b"].error["what"] == "it is broken"
    assert turns["a"].outputs.keys() == {"a.out"}
    assert turns["a"].reason == "never made"
    assert story.unfinished == {}
    assert runs.last(context.state) == name


def test_how_steps_stand_is_what_the_last_runs_say(context: Context) -> None:
    never = {"a": "never", "b": "never", "page": "not applicable", "T9": "not built", "c": "never"}
    assert states(context) == never
    first = ran(context)
    assert states(context) == never | {"a": "done", "b": "failed"}
    (context.workspace.root / "mended").touch()
    second = ran(context)
    found = stood(context)
    assert [found[name].run for name in ("a", "b", "c")] == [first, second, second]
    assert (found["b"].state, found["b"].summary) == ("done", "mended")
    assert found["a"].when
    assert found["a"].seconds is not None
    assert found["a"].reason == "never made"


def test_a_step_without_a_run_stands_by_its_record(context: Context) -> None:
    ran(context)
    for path in (context.state / "runs").rglob("*"):
        path.unlink() if path.is_file() else None
    assert record.load(context.state, "a")
    assert stood(context)["a"].state == "done"
    assert stood(context)["b"].state == "never"


def cut_off(context: Context, name: str, step: str) -> None:
    """Take the end of `step` and all that follows from a run's events, as a kill would."""
    path = context.state / "runs" / name / "events.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    index = next(
        index
        for index, line in enumerate(lines)
        if json.loads(line)["event"] == "step-ended" and json.loads(line)["step"] == step
    )
    path.write_text("".join(lines[:index]) + lines[index][:20])


def test_a_killed_run_is_read_to_where_it_was_cut_off(context: Context) -> None:
    graph = one_phase(join_step("a", inputs=["in"]))
    name = ran(context, graph)
    record.forget(context.state, "a")
    cut_off(context, name, "a")
    story = runs.read(context.state, name)
    assert (story.ended, story.code, story.head, story.turns) == (None, None, "", ())
    assert story.unfinished["a"].reason == "never made"
    assert states(context, graph) == {"a": "interrupted"}
    lock = {"pid": os.getpid(), "purpose": "invoke all", "since": 0}
    (context.state / "lock").write_text(json.dumps(lock))
    assert states(context, graph) == {"a": "running"}
    (context.state / "lock").write_text("")
    ran(context, graph)
    assert states(context, graph) == {"a": "done"}


def test_what_later_stood_was_not_cut_off_for_good(context: Context) -> None:
    graph = one_phase(join_step("a", inputs=["in"]))
    first = ran(context, graph)
    (context.workspace.root / "a.out").unlink()
    second = ran(context, graph)
    cut_off(context, second, "a")
    ran(context, graph)  # a had been recorded; only its last words were lost
    assert states(context, graph) == {"a": "done"}
    assert stood(context, graph)["a"].run == second != first


def test_another_version_is_refused_by_name_and_passed_over_by_status(context: Context) -> None:
    name = ran(context)
    path = context.state / "runs" / name / "events.jsonl"
    path.write_text(path.read_text().replace('"version":1', '"version":99'))
    with pytest.raises(InvalidConfiguration, match=f"{name} is not of a format") as caught:
        runs.read(context.state, name)
    assert "it says 99, this one reads 1" in caught.value.why
    assert states(context)["a"] == "done"  # its record says so
    assert states(context)["b"] == "never"


def test_no_run_is_told(context: Context) -> None:
    with pytest.raises(InvalidConfiguration, match="no run in this workspace yet"):
        runs.last(context.state)
    with pytest.raises(InvalidConfiguration, match="there is no run r1") as caught:
        runs.read(context.state, "r1")
    assert caught.value.why == "there was none yet"
    name = ran(context)
    with pytest.raises(InvalidConfiguration, match=r"there is no run \.\./r1") as caught:
        runs.read(context.state, "../r1")
    assert name in caught.value.why


def test_the_last_log_is_of_the_last_run_that_executed_the_step(context: Context) -> None:
    first, second = ran(context), ran(context)
    folder = context.state / "runs"
    assert runs.log_of(context.state, "a") == folder / first / "a.log"
    assert runs.log_of(context.state, "b") == folder / second / "b.log"
    assert runs.log_of(context.state, "b", first) == folder / first / "b.log"
    both = [folder / name / "b.log" for name in (first, second)]
    assert runs.logs_of(context.state, "b") == both
    for step, run in (("a", second), ("c", ""), ("b", "none")):
        with pytest.raises(InvalidConfiguration, match=r"there is no (log of|run)"):
            runs.log_of(context.state, step, run)


def test_a_step_that_said_nothing_when_it_ran_last_is_told_from_one_that_did(
    context: Context,
) -> None:
    ran(context)
    assert runs.silent(context.state, "a") == ""
    second = ran(context, one_phase(check("a", "A", lambda context: Report("done"))))
    assert runs.silent(context.state, "a") == second


def test_logs_of_an_earlier_version_are_found(context: Context) -> None:
    old = context.state / "logs" / "20250101T000000Z-ab" / "a.log"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    assert runs.log_of(context.state, "a") == old
    with pytest.raises(InvalidConfiguration, match="has no events"):
        runs.read(context.state, old.parent.name)
    with pytest.raises(InvalidConfiguration, match="no run in this workspace yet"):
        runs.last(context.state)
    ran(context)
    assert runs.log_of(context.state, "a") != old
