"""The assistant that is always there: the built-in rules."""

from __future__ import annotations

from phaseline.operators.assistants import edits
from phaseline.operators.assistants.advice import Advice, Finding, rate
from phaseline.operators.assistants.patches import diff
from phaseline.operators.assistants.reading import read
from phaseline.operators.assistants.rules import judge
from phaseline.operators.assistants.target import Target

NAME = "rules"
_ROUNDS = 12  # each mends at least one finding; some stand in the same lines


def judged(text: str) -> tuple[Finding, ...]:
    """The findings on a Dockerfile, by line.

    Raises:
        InvalidConfiguration: it is none.
    """
    found = (finding for finding, _ in judge(read(text)))
    return tuple(sorted(found, key=lambda one: (one.line, one.rule)))


def improved(text: str) -> str:
    """A Dockerfile with all that can be mended mechanically."""
    for _ in range(_ROUNDS):
        known = {finding.rule for finding in judged(text)}
        changes = edits.apart(edit for _, found in judge(read(text)) for edit in found)
        better = edits.apply(text, changes)
        if better == text or {finding.rule for finding in judged(better)} - known:
            break
        text = better
    return text


def advise(target: Target) -> Advice:
    """Rate the Dockerfile of `target`, and propose what can be mended mechanically.

    Raises:
        InvalidConfiguration: it is no Dockerfile.
    """
    rendered = target.rendered()
    findings = judged(rendered)
    wanted = edits.between(rendered, improved(rendered))
    carried = edits.carry(wanted, rendered, target.text)
    left_out = len(wanted) - len(carried)
    notes = (f"{left_out} changes are left to you: the template makes those lines",)
    return Advice(
        assistant=NAME,
        ratings=rate(findings),
        findings=findings,
        patch=diff(target.path, target.text, edits.apply(target.text, carried)),
        notes=notes if left_out else (),
    )
