from __future__ import annotations

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph, Phase, Step, make
from phaseline.engine.selection import Selection, Wish, require, select


def step(name: str, *needs: str) -> Step:
    def run(context: Context) -> Report:
        return Report(name)

    return make(name, name, run, needs=needs)


# T1.a -> T1.b -> T2 | gate g of phase one; then T3 -> T4.x in phase two, T13 beside T13.helm
GRAPH = Graph(
    [
        Phase(
            number=1,
            name="one",
            title="One",
            steps=(step("T1.a"), step("T1.b", "T1.a"), step("T2", "T1.b"), step("g")),
        ),
        Phase(
            number=2,
            name="two",
            title="Two",
            needs=("one",),
            steps=(step("T3"), step("T4.x", "T3"), step("T13"), step("T13.helm"), step("h")),
        ),
    ]
)
ALL = ["T1.a", "T1.b", "T2", "g", "T3", "T4.x", "T13", "T13.helm", "h"]


def chosen(wish: Wish) -> Selection:
    return select(GRAPH, GRAPH.wanted_for(["two"]), wish)


WISHES = [
    (Wish(), ALL),
    (Wish(only=("T2",)), ["T2"]),
    (Wish(only=("T1",)), ["T1.a", "T1.b"]),
    (Wish(only=("T13",)), ["T13", "T13.helm"]),
    (Wish(only=("T13.helm", "T1.a")), ["T1.a", "T13.helm"]),
    (Wish(since="T3"), ["T3", "T4.x", "h"]),
    (Wish(since="T2"), ["T2", "g", "T3", "T4.x", "T13", "T13.helm", "h"]),
    (Wish(through="T2"), ["T1.a", "T1.b", "T2"]),
    (Wish(through="T4"), ["T1.a", "T1.b", "T2", "g", "T3", "T4.x"]),
    (Wish(since="T1.b", through="T2"), ["T1.b", "T2"]),
]


@pytest.mark.parametrize(("wish", "names"), WISHES, ids=str)
def test_which_steps_are_meant(wish: Wish, names: list[str]) -> None:
    assert {one.id for one in chosen(wish).steps} == set(names)


def test_the_order_is_one_in_which_they_can_run() -> None:
    order = [one.id for one in chosen(Wish(through="T4")).steps]
    assert all(order.index(a) < order.index(b) for a, b in [("T1.a", "T1.b"), ("g", "T3")])


def test_what_is_forced_is_all_that_a_bare_id_stands_for() -> None:
    assert chosen(Wish(force=("T1", "T3"))).forced == {"T1.a", "T1.b", "T3"}


REFUSED = [
    (Wish(only=("T1.q",)), "--only T1.q", "did you mean T1."),
    (Wish(since="T33"), "--from T33", "T3"),
    (Wish(through="T13.hlem"), "--through T13.hlem", "T13.helm"),
    (Wish(force=("zzzzzz",)), "--force zzzzzz", "invoke status"),
    (Wish(only=("T2",), since="T2"), "--only says it all", ""),
    (Wish(since="T3", through="T2"), "from T3 through T2", ""),
    (Wish(only=("T2",), force=("T3",)), "--force T3", ""),
]


@pytest.mark.parametrize(("wish", "what", "fix"), REFUSED, ids=str)
def test_what_cannot_be_meant_is_refused_by_name(wish: Wish, what: str, fix: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        chosen(wish)
    assert what in caught.value.what
    assert fix in caught.value.fix


def test_a_step_of_another_phase_is_not_in_this_run() -> None:
    with pytest.raises(InvalidConfiguration, match="--only T3"):
        select(GRAPH, GRAPH.wanted_for(["one"]), Wish(only=("T3",)))


def test_what_the_chosen_need_must_be_there() -> None:
    selection = chosen(Wish(only=("T1.b", "T2", "T4.x")))
    require(GRAPH, selection, lambda step: step.id in ("T1.a", "T3"), "two")
    with pytest.raises(InvalidConfiguration) as caught:
        require(GRAPH, selection, lambda step: step.id == "T3", "two")
    assert caught.value.why == "T1.b needs T1.a, which has no record"
    assert "invoke two --through T1.a" in caught.value.fix
