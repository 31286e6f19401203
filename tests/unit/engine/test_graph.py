from __future__ import annotations

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph, Phase, Step, act, make


def nothing(context: Context) -> Report:
    return Report("nothing")


def step(name: str, *needs: str) -> Step:
    return make(name, name, nothing, needs=needs)


def phase(name: str, *steps: Step, needs: tuple[str, ...] = ()) -> Phase:
    return Phase(number=1, name=name, title=name, steps=steps, needs=needs)


@pytest.mark.parametrize(
    ("steps", "cycles"),
    [
        ([step("a", "a")], {"a -> a"}),
        ([step("a", "b"), step("b", "a"), step("z")], {"a -> b -> a", "b -> a -> b"}),
    ],
)
def test_a_cycle_is_drawn(steps: list[Step], cycles: set[str]) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        Graph([phase("p", *steps)])
    assert caught.value.what.removeprefix("the graph has a cycle: ") in cycles


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ([phase("p", step("a"), step("a"))], "the step a is declared twice"),
        ([phase("p", step("a")), phase("q", step("a"))], "the step a is declared twice"),
        ([phase("p", step("a")), phase("p", step("b"))], "the phase p is declared twice"),
        ([phase("p")], "the phase p has no step"),
        ([phase("p", step("a", "b"))], "a needs b, which is not a step"),
        ([phase("p", step("a"), needs=("q",))], "phase p needs q, which is not a phase"),
    ],
)
def test_a_wrong_graph_is_refused(phases: list[Phase], said: str) -> None:
    with pytest.raises(InvalidConfiguration, match=said):
        Graph(phases)


def test_phases_that_need_each_other_are_a_cycle() -> None:
    with pytest.raises(InvalidConfiguration, match="cycle"):
        Graph([phase("p", step("a"), needs=("q",)), phase("q", step("b"), needs=("p",))])


GRAPH = Graph(
    [
        phase("one", step("a"), step("b", "a"), step("gate-1")),
        phase("two", step("c"), step("d", "c", "a"), needs=("one",)),
        phase("beside", step("e"), step("gate-3")),
    ]
)


@pytest.mark.parametrize(
    ("name", "waits"),
    [
        ("a", set()),
        ("b", {"a"}),
        ("gate-1", {"a", "b"}),
        ("c", {"gate-1"}),
        ("d", {"c", "a", "gate-1"}),
        ("e", set()),
        ("gate-3", {"e"}),
    ],
)
def test_what_a_step_waits_for(name: str, waits: set[str]) -> None:
    assert set(GRAPH.waits_for[name]) == waits


def test_iterating_gives_an_order_that_works() -> None:
    seen: set[str] = set()
    for one in GRAPH:
        assert set(GRAPH.waits_for[one.id]) <= seen
        seen.add(one.id)
    assert seen == set(GRAPH.steps)


def test_what_may_go_ahead_waits_for_its_own_needs_alone() -> None:
    ahead = make("d", "d", nothing, needs=("a",), ahead=True)
    graph = Graph(
        [
            phase("ground", step("fit")),
            phase("one", step("a"), step("g"), needs=("ground",)),
            phase("two", ahead, needs=("one",)),
        ]
    )
    assert set(graph.waits_for["d"]) == {"a", "fit"}


def test_served_first_an_act_waits_for_its_needs_and_what_it_does_not_need_for_the_acts() -> None:
    load = act("load", "load", nothing, needs=("build",))
    release = act("release", "release", nothing, needs=("load",))
    graph = Graph(
        [
            phase("ground", step("docker"), step("fit")),
            phase("images", step("build"), step("trial", "build"), step("g"), needs=("ground",)),
            phase("deploy", load, release, step("look", "release"), needs=("images",)),
        ]
    )
    assert {name: set(before) for name, before in graph.serves_first.items()} == {
        "docker": set(),
        "fit": {"docker"},
        "build": {"fit"},
        "load": {"build", "fit"},
        "release": {"load", "fit"},
        "trial": {"build", "load", "release", "fit"},
        "g": {"build", "trial", "load", "release", "fit"},
        "look": {"release", "load", "g"},
    }
    assert set(graph.waits_for["release"]) == {"load", "g"}


@pytest.mark.parametrize(
    ("phases", "names"),
    [
        (["beside"], {"e", "gate-3"}),
        (["one"], {"a", "b", "gate-1"}),
        (["two"], {"a", "b", "gate-1", "c", "d"}),
        ([], set()),
    ],
)
def test_running_a_phase_runs_what_it_needs(phases: list[str], names: set[str]) -> None:
    assert {one.id for one in GRAPH.wanted_for(phases)} == names
