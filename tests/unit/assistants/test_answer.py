"""Answers of models are taken in one form only, and what they say is made printable."""

from __future__ import annotations

import json
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.operators.assistants.advice import Dimension, Severity
from phaseline.operators.assistants.answer import parse

RATINGS = {str(dimension): 7 for dimension in Dimension}
FINDING = {
    "dimension": "best practice",
    "severity": "low",
    "line": 3,
    "message": "m",
    "fix": "f",
}
ANSWER: dict[str, Any] = {"ratings": RATINGS, "findings": [FINDING], "patch": ""}


def test_an_answer_becomes_advice() -> None:
    text = json.dumps(ANSWER)
    for form in (text, f"\n {text}\n", f"```json\n{text}\n```", f"```\n{text}\n```\n"):
        advice = parse(form, "model")
        assert advice.ratings == dict.fromkeys(Dimension, 7)
        assert advice.findings[0].dimension is Dimension.BEST_PRACTICE
        assert (advice.findings[0].rule, advice.findings[0].severity) == ("model", Severity.LOW)


WRONG = [
    ("", "JSON"),
    ("The Dockerfile looks good!", "JSON"),
    ("null", "object"),
    (f"Sure! {json.dumps(ANSWER)}", "JSON"),
    ({**ANSWER, "more": 1}, "more"),
    ({**ANSWER, "ratings": {**RATINGS, "cache": 11}}, "cache"),
    ({**ANSWER, "ratings": {**RATINGS, "cache": "9"}}, "cache"),
    ({**ANSWER, "ratings": {**RATINGS, "charm": 9}}, "charm"),
    ({**ANSWER, "ratings": {"cache": 9}}, "ratings"),
    ({**ANSWER, "findings": [{**FINDING, "severity": "awful"}]}, "severity"),
    ({**ANSWER, "findings": [{**FINDING, "line": -1}]}, "line"),
    ({**ANSWER, "findings": [{**FINDING, "message": "x" * 501}]}, "message"),
    ({**ANSWER, "findings": [FINDING] * 61}, "findings"),
    ({**ANSWER, "patch": ["x"]}, "patch"),
    ({**ANSWER, "patch": "x" * 100_001}, "patch"),
    ({"ratings": RATINGS}, "findings"),
]


@pytest.mark.parametrize(("content", "named"), WRONG, ids=lambda value: str(value)[:40])
def test_anything_else_is_refused_and_the_field_is_named(content: Any, named: str) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(CheckFailed, match="the answer of gordon cannot be read") as caught:
        parse(text, "gordon")
    assert named in caught.value.why


def test_what_would_command_a_terminal_is_taken_out() -> None:
    said = {**FINDING, "message": "\x1b[31mred\x1b[0m\nand \x1b]0;t\x07more", "fix": "a\u202eb"}
    found = parse(json.dumps({**ANSWER, "findings": [said]}), "model").findings[0]
    assert (found.message, found.fix) == ("red and more", "a b")
