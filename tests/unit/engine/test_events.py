"""What a run leaves in its folder: events as they happen, and at its end what it came to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.execution import Execution
from phaseline.engine.folder import RunFolder
from phaseline.engine.graph import Graph, check, make
from phaseline.engine.schedule import Run
from phaseline.process import groups, journal
from phaseline.process import run as process
from phaseline.process.command import Command
from tests.unit.engine.toy import join_step, joining, one_phase, workspace


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    yield workspace(tmp_path)
    groups.reset()


def working(context: Context) -> Report:
    journal.progress("looking around")
    process.run(Command(argv=("sh", "-c", "echo s3cret >&2; exit 3"), accept=frozenset({3})))
    return joining("a.out")(context)


def broken(context: Context) -> Report:
    raise CheckFailed("it is broken", why="rust", fix="paint")


GRAPH = one_phase(
    make("a", "A", working, outputs=("a.out",)),
    check("b", "B", broken, needs=("a",)),
    join_step("c", ["b"]),
)


def leave(context: Context, graph: Graph, echo: list[str] | None = None) -> RunFolder:
    given = None if echo is None else echo.append
    folder = RunFolder(
        graph, context, "run-1", command="invoke all --jobs 2", phases=["all"], echo=given
    )
    run = Run(graph=graph, context=context, watcher=folder, id="run-1")
    with folder:
        run.run(graph.wanted_for(["all"]))
        folder.close(1, "sha256:0a")
    return folder


def events(folder: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder.path / "events.jsonl").read_text().splitlines()]


def test_events_tell_the_run_from_its_beginning_to_its_end(context: Context) -> None:
    told = events(leave(context, GRAPH))
    assert [(one["event"], one.get("step")) for one in told] == [
        ("run-started", None),
        ("step-started", "a"),
        ("progress", "a"),
        ("step-ended", "a"),
        ("step-started", "b"),
        ("step-ended", "b"),
        ("step-ended", "c"),
        ("run-ended", None),
    ]
    assert all((one["version"], one["run"]) == (1, "run-1") for one in told)
    assert [one["time"] for one in told] == sorted(one["time"] for one in told)
    assert told[0]["command"] == "invoke all --jobs 2"
    assert (told[-1]["code"], told[-1]["head"]) == (1, "sha256:0a")


def test_an_ended_step_is_told_in_full_but_for_its_parts(context: Context) -> None:
    first, second, third = [one for one in events(leave(context, GRAPH)) if "ending" in one]
    for told in (first, second, third):
        assert {*Execution._fields} - {"parts"} <= told.keys()
        assert "parts" not in told
    assert (first["ending"], first["reason"], first["kind"]) == ("done", "never made", "make")
    assert first["outputs"].keys() == {"a.out"}
    assert first["log"] == ".phaseline/runs/run-1/a.log"
    assert [(call["command"].split()[0], call["code"]) for call in first["calls"]] == [("sh", 3)]
    assert first["key"]
    assert second["error"] == {
        "code": "check-failed",
        "what": "it is broken",
        "why": "rust",
        "fix": "paint",
    }
    assert (third["ending"], third["reason"]) == ("not run", "needs b, which failed")
    assert (third["key"], third["log"]) == ("", "")


def test_each_event_is_on_disk_before_the_next_thing_happens(context: Context) -> None:
    seen: list[str] = []

    def look(context: Context) -> Report:
        seen.append((context.state / "runs/run-1/events.jsonl").read_text())
        return Report("looked")

    leave(context, one_phase(check("a", "A", look)))
    assert seen[0].endswith("\n")
    assert json.loads(seen[0].splitlines()[-1])["event"] == "step-started"


def test_the_same_lines_can_go_elsewhere_too(context: Context) -> None:
    lines: list[str] = []
    folder = leave(context, GRAPH, lines)
    assert "".join(lines) == (folder.path / "events.jsonl").read_text()


def test_the_result_is_written_at_the_end(context: Context) -> None:
    folder = leave(context, GRAPH)
    result = json.loads((folder.path / "run.json").read_text())
    assert result["counts"] == {"done": 1, "failed": 1, "not run": 1}
    assert (result["id"], result["code"], result["phases"]) == ("run-1", 1, ["all"])
    assert result["seconds"] >= 0
    suites = ElementTree.parse(folder.path / "junit.xml").getroot()  # noqa: S314
    assert [case.attrib["name"] for case in suites.iter("testcase")] == ["a A", "b B", "c c"]


def test_a_run_that_was_cut_off_has_told_what_began(context: Context) -> None:
    folder = RunFolder(GRAPH, context, "run-1", command="invoke all", phases=["all"])
    with folder:
        folder.started(GRAPH.steps["a"], "never made")
    assert [one["event"] for one in events(folder)] == ["run-started", "step-started"]
    assert not (folder.path / "run.json").exists()  # as of one that was killed
