"""Random graphs of steps that join files, randomly edited between runs."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phaseline.core.report import Report
from phaseline.core.workspace import Context
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


EDITS = st.lists(
    st.tuples(st.sampled_from(["input", "spoil", "remove", "touch"]), st.integers(0, 7)),
    max_size=3,
)


def edit(root: Path, kind: str, index: int) -> None:
    source, target = root / f"in{index % FILES}", root / f"s{index}.out"
    if kind == "input":
        source.write_text(source.read_text() + "more\n")
    elif kind == "touch":
        source.write_text(source.read_text())
    elif target.exists():
        target.unlink() if kind == "remove" else target.write_text("spoilt")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(needs=graphs(), rounds=st.lists(EDITS, min_size=1, max_size=3), jobs=st.integers(1, 4))
def test_a_step_runs_in_order_once_and_only_if_something_changed(
    needs: Needs, rounds: list[list[tuple[str, int]]], jobs: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for index in range(FILES):
            (root / f"in{index}").write_text(f"{index}\n")
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
