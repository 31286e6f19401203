from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from phaseline.engine.front import Front

Waits = dict[str, list[str]]


@st.composite
def graphs(draw: st.DrawFn) -> Waits:
    names = [f"s{number}" for number in range(draw(st.integers(1, 8)))]
    return {
        name: draw(st.lists(st.sampled_from(names[:at]), unique=True)) if at else []
        for at, name in enumerate(names)
    }


def test_who_waits_for_a_step_that_is_not_kept_is_held_up() -> None:
    front = Front(["one", "two", "last"], {"one": [], "two": [], "last": ["one", "two"]})
    assert list(front.ready) == ["one", "two"]
    front.worked("one")
    assert front.held_up == 0  # it waits for the other one, too
    front.ended("two")
    assert front.held_up == 1
    front.ended("one")
    assert front.held_up == 0
    assert front.ready[-1] == "last"


@given(graphs(), st.data())
def test_held_up_are_those_that_wait_for_nothing_else(waits: Waits, data: st.DataObject) -> None:
    front = Front(list(waits), waits)
    worked, ended = set[str](), set[str]()
    while len(ended) < len(waits):
        can = [name for name in waits if name not in ended and set(waits[name]) <= ended]
        name = data.draw(st.sampled_from(can))
        if data.draw(st.booleans()):
            front.worked(name)
            worked.add(name)
        else:
            front.ended(name)
            ended.add(name)
        held = [one for one in waits if set(waits[one]) <= worked | ended]
        assert front.held_up == sum(not set(waits[one]) <= ended for one in held)
    assert set(front.ready) == waits.keys()
