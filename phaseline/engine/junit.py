"""A run as JUnit XML, for what shows test results: a suite for each phase, a case for each step.

It is put together as text: a tree of elements takes a quarter of a run with nothing to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from phaseline.engine.graph import Graph
from phaseline.engine.outcome import Ending, Outcome

_HARMLESS = re.compile(r"[\w .,:;()/+-]*", re.ASCII)
_ESCAPED = {ord(one): f"&#{ord(one)};" for one in "&<>\"'\t\n\r"}
_SKIPPED = frozenset({Ending.NOT_BUILT, Ending.NOT_APPLICABLE, Ending.NOT_RUN})


def document(graph: Graph, outcomes: Iterable[Outcome]) -> str:
    """The XML text, made of how each step ended so far.

    A fresh step has passed, with a property that says so; one that was interrupted is an error.
    """
    by_phase: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_phase.setdefault(graph.phase_of[outcome.step.id].name, []).append(outcome)
    lines = ["<?xml version='1.0' encoding='utf-8'?>", '<testsuites name="phaseline">']
    for name in graph.phases:
        if name in by_phase:
            lines += _suite(name, by_phase[name])
    return "\n".join([*lines, "</testsuites>", ""])


def _suite(phase: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    counts = {
        "tests": len(outcomes),
        "failures": sum(one.ending is Ending.FAILED for one in outcomes),
        "errors": sum(one.ending is Ending.INTERRUPTED for one in outcomes),
        "skipped": sum(one.ending in _SKIPPED for one in outcomes),
        "time": f"{sum(one.seconds for one in outcomes):.3f}",
    }
    told = " ".join(f'{name}="{count}"' for name, count in counts.items())
    phase = _sayable(phase)
    yield f'  <testsuite name="{phase}" {told}>'
    for outcome in outcomes:
        yield _case(phase, outcome)
    yield "  </testsuite>"


def _case(phase: str, outcome: Outcome) -> str:
    name = _sayable(f"{outcome.step.id} {outcome.step.title}")
    reason = _property("reason", outcome.reason) if outcome.reason else ""
    return (
        f'    <testcase classname="{phase}" name="{name}" time="{outcome.seconds:.3f}">\n'
        f"      <properties>\n{_property('ending', outcome.ending.value)}{reason}"
        f"      </properties>\n{_result(outcome)}    </testcase>"
    )


def _property(name: str, value: str) -> str:
    return f'        <property name="{name}" value="{_sayable(value)}" />\n'


def _result(outcome: Outcome) -> str:
    if outcome.ending is Ending.FAILED:
        return _fault("failure", outcome)
    if outcome.ending is Ending.INTERRUPTED:
        return _fault("error", outcome)
    if outcome.ending in _SKIPPED:
        message = f"{outcome.ending}: {outcome.reason}" if outcome.reason else outcome.ending.value
        return f'      <skipped message="{_sayable(message)}" />\n'
    return (
        f"      <system-out>{_sayable(outcome.summary)}</system-out>\n" if outcome.summary else ""
    )


def _fault(kind: str, outcome: Outcome) -> str:
    error = outcome.error
    told = f'message="{_sayable(outcome.reason)}" type="{error.code if error else "defect"}"'
    return f"      <{kind} {told}>{_sayable(str(error or outcome.reason))}</{kind}>\n"


def _sayable(text: str) -> str:
    """`text` as XML 1.0 has it; some characters it has no way to say, escaped or not."""
    if _HARMLESS.fullmatch(text):
        return text
    sayable = (one if _is_sayable(one) else "\N{REPLACEMENT CHARACTER}" for one in text)
    return "".join(sayable).translate(_ESCAPED)


def _is_sayable(one: str) -> bool:
    code = ord(one)
    return one in "\t\n\r" or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF
