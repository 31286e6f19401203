from __future__ import annotations

from xml.etree import ElementTree

import pytest

from phaseline.core.errors import CheckFailed, Interrupted
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, Step, make, not_built
from phaseline.engine.junit import document
from phaseline.engine.outcome import Ending, Outcome


def step(name: str) -> Step:
    return make(name, f"Title of {name}", lambda context: Report("x"))


GRAPH = Graph(
    [
        Phase(number=1, name="one", title="One", steps=(step("a"), step("b"), not_built("c", "C"))),
        Phase(number=2, name="two", title="Two", steps=(step("d"), step("e"), step("f"))),
        Phase(number=3, name="three", title="Three", steps=(step("g"),)),
    ]
)
STEPS = GRAPH.steps
OUTCOMES = [
    Outcome(step=STEPS["a"], ending=Ending.DONE, reason="never made", summary="two", seconds=1.5),
    Outcome(step=STEPS["b"], ending=Ending.FRESH, reason="nothing changed", summary="two"),
    Outcome(step=STEPS["c"], ending=Ending.NOT_BUILT),
    Outcome(
        step=STEPS["d"],
        ending=Ending.FAILED,
        reason="it is broken",
        error=CheckFailed("it is broken", why="<rust> & \x1b[31mred\x00", fix="paint"),
    ),
    Outcome(step=STEPS["e"], ending=Ending.NOT_RUN, reason="needs d, which failed", because="d"),
    Outcome(step=STEPS["f"], ending=Ending.INTERRUPTED, error=Interrupted("stopped")),
]


def cases() -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(document(GRAPH, OUTCOMES))  # noqa: S314 - we have written it
    return {case.attrib["name"].split()[0]: case for case in root.iter("testcase")}


def test_a_suite_for_each_phase_that_ran_with_its_counts() -> None:
    root = ElementTree.fromstring(document(GRAPH, OUTCOMES))  # noqa: S314
    counts = ("name", "tests", "failures", "errors", "skipped", "time")
    found = [tuple(suite.attrib[name] for name in counts) for suite in root]
    assert found == [("one", "3", "0", "0", "1", "1.500"), ("two", "3", "1", "1", "1", "0.000")]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("c", "skipped", "not built"),
        ("d", "failure", "it is broken"),
        ("e", "skipped", "not run: needs d, which failed"),
        ("f", "error", ""),
    ],
)
def test_what_did_not_pass_says_why(name: str, kind: str, message: str) -> None:
    told = cases()[name].find(kind)
    assert told is not None
    assert told.attrib["message"] == message


def test_the_whole_error_is_there_without_what_xml_cannot_say() -> None:
    told = cases()["d"].find("failure")
    assert told is not None
    assert told.attrib["type"] == "check-failed"
    assert told.text
    assert "cause: <rust> & \N{REPLACEMENT CHARACTER}[31mred" in told.text
    assert "fix:   paint" in told.text


def test_fresh_steps_have_passed_and_say_that_they_were_fresh() -> None:
    for name, ending in (("a", "done"), ("b", "fresh")):
        case = cases()[name]
        assert not {"failure", "error", "skipped"} & {child.tag for child in case}
        properties = {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")}
        assert properties["ending"] == ending
        assert case.findtext("system-out") == "two"
