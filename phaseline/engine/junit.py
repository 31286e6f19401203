"""A run as JUnit XML, for what shows test results: a suite for each phase, a case for each step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from phaseline.engine.graph import Graph
from phaseline.engine.outcome import Ending, Outcome

_SKIPPED = frozenset({Ending.NOT_BUILT, Ending.NOT_APPLICABLE, Ending.NOT_RUN})
# XML 1.0 has no way to say these, escaped or not
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(graph: Graph, outcomes: Iterable[Outcome]) -> str:
    """The XML text, made of how each step ended so far.

    A fresh step has passed, with a property that says so; one that was interrupted is an error.
    """
    by_phase: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_phase.setdefault(graph.phase_of[outcome.step.id].name, []).append(outcome)
    root = ElementTree.Element("testsuites", name="phaseline")
    for name in graph.phases:
        if name in by_phase:
            root.append(_suite(name, by_phase[name]))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(phase: str, outcomes: Sequence[Outcome]) -> ElementTree.Element:
    counts = {
        "tests": len(outcomes),
        "failures": sum(one.ending is Ending.FAILED for one in outcomes),
        "errors": sum(one.ending is Ending.INTERRUPTED for one in outcomes),
        "skipped": sum(one.ending in _SKIPPED for one in outcomes),
    }
    suite = ElementTree.Element(
        "testsuite",
        {name: str(count) for name, count in counts.items()},
        name=phase,
        time=f"{sum(one.seconds for one in outcomes):.3f}",
    )
    suite.extend(_case(phase, outcome) for outcome in outcomes)
    return suite


def _case(phase: str, outcome: Outcome) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=phase,
        name=_sayable(f"{outcome.step.id} {outcome.step.title}"),
        time=f"{outcome.seconds:.3f}",
    )
    properties = ElementTree.SubElement(case, "properties")
    _property(properties, "ending", outcome.ending.value)
    _property(properties, "reason", outcome.reason)
    if outcome.ending is Ending.FAILED:
        _fault(case, "failure", outcome)
    elif outcome.ending is Ending.INTERRUPTED:
        _fault(case, "error", outcome)
    elif outcome.ending in _SKIPPED:
        message = f"{outcome.ending}: {outcome.reason}" if outcome.reason else outcome.ending.value
        ElementTree.SubElement(case, "skipped", message=_sayable(message))
    elif outcome.summary:
        ElementTree.SubElement(case, "system-out").text = _sayable(outcome.summary)
    return case


def _property(properties: ElementTree.Element, name: str, value: str) -> None:
    if value:
        ElementTree.SubElement(properties, "property", name=name, value=_sayable(value))


def _fault(case: ElementTree.Element, kind: str, outcome: Outcome) -> None:
    error = outcome.error
    told = {"message": _sayable(outcome.reason), "type": error.code if error else "defect"}
    ElementTree.SubElement(case, kind, told).text = _sayable(str(error or outcome.reason))


def _sayable(text: str) -> str:
    return _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
