"""Random graphs of steps that join files, randomly edited between runs."""

from __future__ import annotations

import os
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine import memo, record
from phaseline.engine.graph import Graph, Operator, Phase, Step, make
from phaseline.engine.outcome import Ending
from tests.unit.engine.toy import joining, run, workspace

Needs = list[list[int]]
FILES = 3


@dataclass
class Noting:
    """Notes the order in which operators begin and end."""

    events: list[tuple[str, str]]
    guard: threading.Lock

    def wrap(self, name: str, inner: Operator) -> Operator:
        def noted(context: Context) -> Report:
            self.note("begin", name)
            report = inner(context)
            self.note("end", name)
            return report

        return noted

    def note(self, what: str, name: str) -> None:
        with self.guard:
            self.events.append((what, name))

    def ran(self) -> list[str]:
        return [name for what, name in self.events if what == "begin"]


@st.composite
def graphs(draw: st.DrawFn) -> Needs:
    """For each step the earlier steps that it needs."""
    size = draw(st.integers(1, 8))
    return [
        draw(st.lists(st.integers(0, index - 1), unique=True, max_size=3)) if index else []
        for index in range(size)
    ]


def graph_of(needs: Needs, noting: Noting) -> Graph:
    steps: list[Step] = []
    for index, wanted in enumerate(needs):
        name, source = f"s{index}", f"in{index % FILES}"
        sources = (*(f"s{need}.out" for need in wanted), source)
        steps.append(
            make(
                name,
                name,
                noting.wrap(name, joining(f"{name}.out", *sources)),
                needs=tuple(f"s{need}" for need in wanted),
                inputs=(source,),
                outputs=(f"{name}.out",),
            )
        )
    # a gate for the phase, so that the last step waits for what it needs only
    gate = make("gate", "gate", lambda context: Report("all"))
    return Graph([Phase(number=1, name="all", title="", steps=(*steps, gate))])


def contents(root: Path, needs: Needs) -> dict[str, str]:
    """What each output must hold, worked out without the engine."""
    made: dict[str, str] = {}
    for index, wanted in enumerate(needs):
        texts = [made[f"s{need}"] for need in wanted]
        texts.append((root / f"in{index % FILES}").read_text())
        made[f"s{index}"] = f"s{index}.out\n" + "".join(texts)
    return made


KINDS = ["input", "spoil", "remove", "touch", "rename", "same size", "other process", "rehash"]
EDITS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 7)), max_size=3)


def edit(root: Path, kind: str, index: int) -> None:
    source, target = root / f"in{index % FILES}", root / f"s{index}.out"
    if kind == "input":
        source.write_text(source.read_text() + "more\n")
    elif kind == "same size":  # and the same mtime
        times = source.stat()
        source.write_text(source.read_text().swapcase())
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif kind == "rename":
        other = root / "other"
        other.write_text(source.read_text() + "other\n")
        other.replace(source)
    elif kind == "touch":
        source.write_text(source.read_text())
    elif kind == "other process":  # what is kept in memory is gone, what is on disk is not
        record._table.cache_clear()
        memo.of.cache_clear()
    elif kind == "rehash":
        memo.forget(root / ".phaseline")
    elif target.exists():
        target.unlink() if kind == "remove" else target.write_text("spoilt")


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(needs=graphs(), rounds=st.lists(EDITS, min_size=1, max_size=3), jobs=st.integers(1, 4))
def test_a_step_runs_in_order_once_and_only_if_something_changed(
    needs: Needs, rounds: list[list[tuple[str, int]]], jobs: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for index in range(FILES):
            (root / f"in{index}").write_text(f"input {index}\n")
        context = workspace(root)
        noting = Noting([], threading.Lock())
        graph = graph_of(needs, noting)
        for edits in [[], *rounds, []]:
            before = {name: _read(root, name) for name in graph.steps if name != "gate"}
            for kind, index in edits:
                edit(root, kind, index)
            wanted = contents(root, needs)
            # an output differs from what it must hold exactly if it was spoilt, or if something
            # that it is made of has changed: then, and only then, its step runs
            must_run = {name for name in before if _read(root, name) != wanted[name]}
            noting.events.clear()
            outcomes = run(graph, context, jobs=jobs)
            assert set(noting.ran()) == must_run
            assert len(noting.ran()) == len(set(noting.ran()))
            assert all((root / f"{name}.out").read_text() == wanted[name] for name in before)
            for name in before:
                good = Ending.DONE if name in must_run else Ending.FRESH
                assert outcomes[name].ending is good
            _in_order(graph, noting)


def _read(root: Path, name: str) -> str:
    file = root / f"{name}.out"
    return file.read_text() if file.exists() else ""


def _in_order(graph: Graph, noting: Noting) -> None:
    place = {event: number for number, event in enumerate(noting.events)}
    for name in noting.ran():
        for need in graph.steps[name].needs:
            if ("end", need) in place:
                assert place["end", need] < place["begin", name]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(needs=graphs(), bad=st.sets(st.integers(0, 7)), jobs=st.integers(1, 4))
def test_what_comes_after_a_failure_waits_and_nothing_else_does(
    needs: Needs, bad: set[int], jobs: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for index in range(FILES):
            (root / f"in{index}").write_text(f"input {index}\n")
        context, noting = workspace(root), Noting([], threading.Lock())
        graph = graph_of(needs, noting)
        failing = {f"s{index}" for index in bad if index < len(needs)}
        outcomes = run(broken(graph, failing), context, jobs=jobs, keep_going=True)
        held = after(graph, failing)
        for name in graph.steps:
            wanted = Ending.NOT_RUN if name in held else Ending.DONE
            wanted = Ending.FAILED if name in failing - held else wanted
            assert outcomes[name].ending is wanted
        again = run(graph, context, jobs=jobs)  # what was good is kept, the rest is made up for
        for name, outcome in again.items():
            fresh = outcomes[name].ending is Ending.DONE
            assert outcome.ending is (Ending.FRESH if fresh else Ending.DONE)


def broken(graph: Graph, failing: set[str]) -> Graph:
    """The same graph, in which some steps fail."""

    def fail(context: Context) -> Report:
        raise CheckFailed("broken")

    # the same operator by name: a step that fails is declared no differently
    fail.__module__, fail.__qualname__ = Noting.__module__, "Noting.wrap.<locals>.noted"
    (phase,) = graph.phases.values()
    steps = (one._replace(run=fail) if one.id in failing else one for one in phase.steps)
    return Graph([replace(phase, steps=tuple(steps))])


def after(graph: Graph, names: set[str]) -> set[str]:
    """All steps that wait for one of `names`, directly or not."""
    found: set[str] = set()
    for step in graph:
        if not (names | found).isdisjoint(graph.waits_for[step.id]):
            found.add(step.id)
    return found
