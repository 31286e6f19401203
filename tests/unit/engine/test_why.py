from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from phaseline.cli import reasons
from phaseline.core.errors import InvalidConfiguration, Unreachable
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context, Workspace
from phaseline.engine import why
from phaseline.engine.graph import Graph, act, make, not_built
from tests.unit.engine.toy import PIPELINE, join_step, joining, one_phase, run, workspace

GRAPH = one_phase(
    join_step("a.first", inputs=["in"]),
    join_step("b", ["a.first"]),
    make("page", "Page", joining("page.out"), role="frontend"),
    make("set", "Set", joining("set.out"), settings=("chart",)),
    make(
        "trait",
        "Trait",
        joining("trait.out"),
        traits=(lambda context: {"helm": context.workspace.root.joinpath("version").read_text()},),
    ),
    not_built("later", "Later"),
    join_step("gate"),
)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "in").write_text("one\n")
    (tmp_path / "version").write_text("3.1")
    return workspace(tmp_path)


def explain(context: Context, name: str, graph: Graph = GRAPH) -> why.Explanation:
    fresh = Context(Workspace(context.workspace.root))  # as the next command has it
    return why.explain(why.find(name, graph), graph, fresh)


def snapshot(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_step_that_never_ran_says_so_and_what_comes_before_it(context: Context) -> None:
    found = explain(context, "b")
    assert (found.state, found.reason, found.since) == ("would run", "never made", None)
    assert found.upstream == ({"step": "a.first", "state": "would run", "reason": "never made"},)


def test_a_changed_file_is_named_with_both_digests_and_the_run(context: Context) -> None:
    runs: list[str] = []
    run(GRAPH, context, each=lambda one: runs.append(one.id))
    (context.workspace.root / "in").write_text("two\n")
    before = snapshot(context.workspace.root)
    found = explain(context, "a.first")
    assert snapshot(context.workspace.root) == before  # asking changes nothing
    assert (found.state, found.reason) == ("would run", "inputs changed: in")
    assert found.since
    assert found.since["run"] == runs[0]
    (change,) = found.changes
    assert (change["part"], change["name"]) == ("inputs", "in")
    assert len(change["old"]) == len(change["new"]) == why.SHORT
    assert change["old"] != change["new"]


def test_what_would_run_before_it_is_told(context: Context) -> None:
    run(GRAPH, context)
    (context.workspace.root / "in").write_text("two\n")
    found = explain(context, "b")
    assert (found.state, found.reason) == ("would run", "needs a.first, which would run")
    assert found.changes == ()
    assert found.upstream[0]["reason"] == "inputs changed: in"
    run(one_phase(GRAPH.steps["a.first"]), context)
    found = explain(context, "b")
    assert [(one["part"], one["name"]) for one in found.changes] == [("upstream", "a.first")]


def test_a_changed_setting_and_a_changed_tool_are_named_with_their_values(context: Context) -> None:
    run(GRAPH, context)
    root = context.workspace.root
    (root / "pipeline.yaml").write_text(PIPELINE.replace("release: toy", "release: joy"))
    (root / "version").write_text("3.2")
    expected = {"part": "settings", "name": "chart.release", "old": "toy", "new": "joy"}
    assert explain(context, "set").changes == (expected,)
    expected = {"part": "traits", "name": "helm", "old": "3.1", "new": "3.2"}
    assert explain(context, "trait").changes == (expected,)


def test_every_spoilt_output_is_named(context: Context) -> None:
    run(GRAPH, context)
    (context.workspace.root / "b.out").unlink()
    (change,) = explain(context, "b").changes
    assert (change["part"], change["name"], change["new"]) == ("outputs", "b.out", "absent")


def test_a_step_that_would_be_skipped_tells_all_that_was_checked(context: Context) -> None:
    run(GRAPH, context)
    found = explain(context, "b")
    assert found.state == "unchanged"
    assert found.upstream[0]["state"] == "unchanged"
    assert set(found.checked["outputs"]) == {"b.out"}
    assert "tests/unit/engine/toy.py" in found.checked["code"]
    assert found.probe is None
    assert set(explain(context, "a.first").checked["inputs"]) == {"in"}


@pytest.mark.parametrize(("stands", "state"), [(True, "unchanged"), (False, "would run")])
def test_the_probes_words_are_told(stands: bool, state: str, context: Context) -> None:
    def probe(context: Context) -> Standing:
        return Standing(stands, "revision 3 is there")

    graph = one_phase(act("a", "A", lambda context: Report("x"), probe=probe))
    run(graph, context)
    found = explain(context, "a", graph)
    assert found.state == state
    assert found.probe == {"stands": stands, "seen": "revision 3 is there"}


def test_a_probe_that_cannot_tell_is_told(context: Context) -> None:
    def probe(context: Context) -> Standing:
        raise Unreachable("the API server does not answer")

    graph = one_phase(act("a", "A", lambda context: Report("x"), probe=probe))
    run(graph, context)
    seen = explain(context, "a", graph).probe
    assert seen == {"stands": False, "seen": "the API server does not answer"}


@pytest.mark.parametrize(("name", "state"), [("later", "not built"), ("page", "not applicable")])
def test_what_can_never_run_says_so(name: str, state: str, context: Context) -> None:
    assert explain(context, name).state == state


@pytest.mark.parametrize(
    ("name", "near"), [("laterr", "later"), ("a", "a.first"), ("gaet", "gate")]
)
def test_an_unknown_step_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"no step {name}") as caught:
        why.find(name, GRAPH)
    assert caught.value.fix == f"did you mean {near}?"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("inputs.a", "ab" * 32, "abababababab"),
        ("settings.x", None, "nothing"),
        ("settings.x", {"b": 1, "a": [2]}, '{"a": [2], "b": 1}'),
        ("settings.x", "x" * 100, "x" * 59 + "…"),
    ],
)
def test_a_value_is_shortened(name: str, value: object, shown: str) -> None:
    assert why.short(name, value) == shown


def test_a_secret_is_not_shown_but_its_change_is() -> None:
    old, new = (why.short("components.one.POSTGRES_PASSWORD", one) for one in ("hunter2", "x"))
    assert "hunter2" not in old
    assert old != new


def test_it_is_printed_for_people_and_for_programs(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    run(GRAPH, context)
    assert reasons.why(GRAPH, context, "a.first", as_json=False) == 0
    text = capsys.readouterr().out
    assert "1 inputs: in" in text
    assert "output a.first.out" in text
    (context.workspace.root / "in").write_text("two\n")
    reasons.why(GRAPH, context, "a.first", as_json=False)
    assert "inputs: in  " in capsys.readouterr().out
    reasons.why(GRAPH, context, "a.first", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(json.dumps(asdict(explain(context, "a.first"))))
