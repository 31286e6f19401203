from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

import tasks
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph, Phase, make, not_built
from phaseline.engine.layout import Box, lay_out
from phaseline.engine.picture import COLOURS, mermaid, phase_edges, step_edges, svg

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>x</script> & "quoted" #35; [a]'


def nothing(context: Context) -> Report:
    return Report("")


def small() -> Graph:
    one = Phase(
        number=1,
        name="one",
        title=HOSTILE,
        steps=(make("a.b", HOSTILE, nothing), make("a_b", "B", nothing, needs=("a.b",))),
    )
    two = Phase(
        number=2,
        name="two",
        title="Two",
        steps=(make("c", "C", nothing, needs=("a_b",)), not_built("end", "Later")),
        needs=("one",),
    )
    three = Phase(
        number=3, name="three", title="3", steps=(not_built("d", "D"),), needs=("one", "two")
    )
    return Graph([one, two, three])


GRAPHS = {"small": small(), "product": tasks.GRAPH}


def overlap(a: Box, b: Box) -> bool:
    beside = a.x + a.width <= b.x or b.x + b.width <= a.x
    return not beside and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_the_image_is_xml_with_every_step_and_edge_once(graph: Graph) -> None:
    states = dict(zip(graph.steps, itertools.cycle(COLOURS), strict=False))
    root = ElementTree.fromstring(svg(graph, states))  # noqa: S314 - made here
    steps = [(one.get("data-step"), one.get("data-state")) for one in root.iter(f"{SVG}g")]
    assert [one for one in steps if one[0]] == list(states.items())
    drawn = [(one.get("data-from"), one.get("data-to")) for one in root.iter(f"{SVG}path")]
    wanted = step_edges(graph) + phase_edges(graph)
    assert sorted(edge for edge in drawn if edge[0]) == sorted(wanted)
    assert {one.get("data-phase") for one in root.iter(f"{SVG}g")} >= set(graph.phases)
    assert not list(root.iter(f"{SVG}script"))


def test_the_image_loads_nothing() -> None:
    text = svg(tasks.GRAPH, {})
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "href" not in text


def test_an_edge_that_a_longer_way_implies_is_thin() -> None:
    root = ElementTree.fromstring(svg(small(), {}))  # noqa: S314 - made here
    flows = {
        (one.get("data-from"), one.get("data-to")): one.get("class")
        for one in root.iter(f"{SVG}path")
        if "flow" in one.get("class", "")
    }
    assert flows == {
        ("one", "two"): "flow",
        ("one", "three"): "flow far",
        ("two", "three"): "flow",
    }


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_nothing_overlaps_and_steps_stand_in_their_phase(graph: Graph) -> None:
    layout = lay_out(graph)
    for boxes in (layout.phases, layout.steps):
        for a, b in itertools.combinations(boxes, 2):
            assert not overlap(boxes[a], boxes[b]), (a, b)
    for name, inner in layout.steps.items():
        outer = layout.phases[graph.phase_of[name].name]
        assert outer.x < inner.x
        assert inner.x + inner.width < outer.x + outer.width <= layout.width
        assert outer.y < inner.y
        assert inner.y + inner.height < outer.y + outer.height <= layout.height


def test_a_step_stands_to_the_right_of_what_it_needs_in_its_phase() -> None:
    layout = lay_out(tasks.GRAPH)
    for a, b in step_edges(tasks.GRAPH):
        if tasks.GRAPH.phase_of[a] is tasks.GRAPH.phase_of[b]:
            assert layout.steps[a].x < layout.steps[b].x, (a, b)


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_mermaid_has_every_step_and_edge_under_names_of_their_own(graph: Graph) -> None:
    lines = [line.strip() for line in mermaid(graph, {}).splitlines()]
    named = [line.partition("[")[0] for line in lines if line.startswith("n_") and "[" in line]
    assert len(set(named)) == len(named) == len(graph.steps)
    assert sum(" --> " in line for line in lines) == len(step_edges(graph))
    assert sum(" ==> " in line for line in lines) == len(phase_edges(graph))
    assert lines[0] == "flowchart TB"
    assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end")


def test_mermaid_takes_no_text_for_its_own() -> None:
    line = next(line for line in mermaid(small(), {}).splitlines() if "a.b" in line)
    text = line.partition('["')[2]
    assert text.count('"') == 1
    assert "<script" not in text
    assert "#35;35;" in text


def test_states_are_classes() -> None:
    text = mermaid(small(), {"a.b": "done", "c": "failed", "end": "not built"})
    assert "class n_a_2e_b n_done" in text
    assert "class n_end n_not_20_built" in text
    assert "classDef n_failed fill:#fbd6d3" in text
