from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from phaseline.core.errors import Unreachable
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.engine import freshness, record
from phaseline.engine.graph import Graph, Step, act, check, make
from phaseline.engine.outcome import Ending
from tests.unit.engine.toy import Noted, endings, join_step, joining, one_phase, run, workspace

DONE, FRESH = Ending.DONE, Ending.FRESH


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "in").write_text("one\n")
    return workspace(tmp_path)


CHAIN = one_phase(join_step("a", inputs=["in"]), join_step("b", ["a"]), join_step("c", ["b"]))


def reasons(context: Context, graph: Graph = CHAIN) -> dict[str, str]:
    return {name: outcome.reason for name, outcome in run(graph, context).items()}


def test_nothing_runs_twice_without_a_change(context: Context) -> None:
    assert set(endings(run(CHAIN, context)).values()) == {DONE}
    watcher = Noted()
    assert set(endings(run(CHAIN, context, watcher=watcher)).values()) == {FRESH}
    assert watcher.started_ == []


def test_a_change_is_followed_down_and_its_reason_is_told(context: Context) -> None:
    run(CHAIN, context)
    (context.workspace.root / "in").write_text("two\n")
    assert reasons(context) == {
        "a": "inputs changed: in",
        "b": "upstream changed: a",
        "c": "upstream changed: b",
    }
    assert (context.workspace.root / "c.out").read_text() == "c.out\nb.out\na.out\ntwo\n"


def test_a_change_that_leads_to_the_same_output_stops_there(context: Context) -> None:
    same = make("a", "A", joining("a.out"), inputs=("in",), outputs=("a.out",))
    graph = one_phase(same, join_step("b", ["a"]))
    run(graph, context)
    (context.workspace.root / "in").write_text("two\n")
    assert endings(run(graph, context)) == {"a": DONE, "b": FRESH}


SPOILS: dict[str, tuple[Callable[[Path], object], str]] = {
    "altered": (lambda root: (root / "b.out").write_text("mine"), "its output b.out was altered"),
    "removed": (lambda root: (root / "b.out").unlink(), "its output b.out is gone"),
    "mode": (lambda root: (root / "b.out").chmod(0o755), "its output b.out was altered"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_an_output_that_was_spoilt_is_made_again(spoil: str, context: Context) -> None:
    run(CHAIN, context)
    action, reason = SPOILS[spoil]
    action(context.workspace.root)
    outcomes = run(CHAIN, context)
    assert endings(outcomes) == {"a": FRESH, "b": DONE, "c": FRESH}
    assert outcomes["b"].reason == reason
    assert set(endings(run(CHAIN, context)).values()) == {FRESH}


def test_a_file_that_came_into_an_output_folder_is_noticed(context: Context) -> None:
    def fill(context: Context) -> Report:
        (context.workspace.root / "made").mkdir(exist_ok=True)
        (context.workspace.root / "made/file").touch()
        return Report("filled")

    graph = one_phase(make("a", "A", fill, outputs=("made",)))
    run(graph, context)
    (context.workspace.root / "made/stray").touch()
    assert run(graph, context)["a"].reason == "its output made/stray was altered"


def test_an_output_that_is_not_made_here_is_not_missed(context: Context) -> None:
    graph = one_phase(
        make("a", "A", lambda context: Report("no template"), outputs=("Dockerfile",))
    )
    run(graph, context)
    assert endings(run(graph, context)) == {"a": FRESH}


@pytest.mark.parametrize(
    ("standing", "ending", "reason"),
    [
        (Standing(True, "it answers"), FRESH, "it answers"),
        (Standing(False, "the release is gone"), DONE, "the release is gone"),
    ],
)
def test_the_live_world_has_a_say(
    standing: Standing, ending: Ending, reason: str, context: Context
) -> None:
    graph = one_phase(act("a", "A", lambda context: Report("x"), probe=lambda context: standing))
    assert run(graph, context)["a"].reason == "never made"
    outcome = run(graph, context)["a"]
    assert (outcome.ending, outcome.reason) == (ending, reason)


def test_a_probe_that_cannot_tell_means_no(context: Context) -> None:
    def probe(context: Context) -> Standing:
        raise Unreachable("the API server does not answer", why="refused")

    graph = one_phase(act("a", "A", lambda context: Report("x"), probe=probe))
    run(graph, context)
    outcome = run(graph, context)["a"]
    assert (outcome.ending, outcome.reason) == (DONE, "the API server does not answer")


def test_a_look_without_probes_asks_none(context: Context) -> None:
    def probe(context: Context) -> Standing:
        raise AssertionError("asked")

    step = act("a", "A", lambda context: Report("x"), probe=probe)
    graph = one_phase(step)
    run(graph, context)
    assert freshness.judge(step, graph, context, probe=False).fresh


def counted(folder: Path, identity: str) -> Step:
    """An act that is redone whenever `stands` is missing; `identity` holds its identity."""

    def perform(context: Context) -> Report:
        (folder / "stands").touch()
        return Report("x", identity={"uid": (folder / identity).read_text()})

    return act("a", "A", perform, probe=lambda c: Standing((folder / "stands").exists(), "a look"))


def test_dependents_of_an_act_follow_its_identity(context: Context) -> None:
    root = context.workspace.root
    (root / "uid").write_text("1")
    graph = one_phase(counted(root, "uid"), make("b", "B", joining("b.out"), needs=("a",)))
    assert endings(run(graph, context)) == {"a": DONE, "b": DONE}
    (root / "stands").unlink()  # lost, and made again as it was
    assert endings(run(graph, context)) == {"a": DONE, "b": FRESH}
    (root / "stands").unlink()
    (root / "uid").write_text("2")
    assert endings(run(graph, context)) == {"a": DONE, "b": DONE}


def test_an_act_that_names_nothing_is_another_each_time(context: Context) -> None:
    stands = [True]
    step = act("a", "A", lambda context: Report("x"), probe=lambda c: Standing(stands[0], "a look"))
    graph = one_phase(step, make("b", "B", joining("b.out"), needs=("a",)))
    run(graph, context)
    assert endings(run(graph, context)) == {"a": FRESH, "b": FRESH}
    stands[0] = False
    assert endings(run(graph, context)) == {"a": DONE, "b": DONE}


def test_a_check_contributes_nothing(context: Context) -> None:
    looked = check("a", "A", lambda context: Report("well"), inputs=("in",))
    graph = one_phase(looked, make("b", "B", joining("b.out"), needs=("a",)))
    run(graph, context)
    (context.workspace.root / "in").write_text("two\n")
    assert endings(run(graph, context)) == {"a": DONE, "b": FRESH}


def test_what_is_edited_while_a_step_runs_makes_it_run_again(context: Context) -> None:
    root, edits = context.workspace.root, ["two\n"]

    def edited(context: Context) -> Report:
        report = joining("a.out", "in")(context)
        if edits:
            (root / "in").write_text(edits.pop())
        return report

    graph = one_phase(
        make("a", "A", edited, inputs=("in",), outputs=("a.out",)), join_step("b", ["a"])
    )
    first = run(graph, context)
    assert "will run again: inputs changed: in" in first["a"].summary
    assert endings(run(graph, context)) == {"a": DONE, "b": DONE}
    assert (root / "b.out").read_text() == "b.out\na.out\ntwo\n"
    assert endings(run(graph, context)) == {"a": FRESH, "b": FRESH}


def test_a_failing_step_has_no_record_left(context: Context) -> None:
    fails = [False]

    def perhaps(context: Context) -> Report:
        if fails[0]:
            raise Unreachable("no")
        return joining("a.out", "in")(context)

    graph = one_phase(make("a", "A", perhaps, inputs=("in",), outputs=("a.out",)))
    run(graph, context)
    fails[0] = True
    (context.workspace.root / "in").write_text("two\n")
    assert endings(run(graph, context)) == {"a": Ending.FAILED}
    assert record.load(context.state, "a") is None
    fails[0] = False
    (context.workspace.root / "in").write_text("one\n")  # as it was when it last succeeded
    assert endings(run(graph, context)) == {"a": DONE}


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ({}, "it stands"),
        ({"uid": "1"}, "it stands"),
        ({"uid": "2"}, "uid: altered since"),
        ({"uid": "1", "more": "x"}, "more: altered since"),
    ],
)
def test_a_live_thing_that_is_not_as_it_was_left(
    context: Context, now: dict[str, str], reason: str
) -> None:
    left = {"uid": "1", "place": "here"}
    step = act(
        "a", "A", lambda _: Report("", left), probe=lambda _: Standing(True, "it stands", now)
    )
    graph = one_phase(step)
    run(graph, context)
    ended = run(graph, context)["a"]
    assert ended.reason == reason
    assert (ended.ending is FRESH) == (reason == "it stands")
