"""The built-in rules: pure functions over a parsed Dockerfile, of each dimension in one module."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from phaseline.operators.assistants.advice import Finding
from phaseline.operators.assistants.edits import Edit
from phaseline.operators.assistants.reading import Dockerfile
from phaseline.operators.assistants.rules.model import Rule

_MODULES = (
    "phaseline.operators.assistants.rules.cache",
    "phaseline.operators.assistants.rules.security",
    "phaseline.operators.assistants.rules.secret",
    "phaseline.operators.assistants.rules.size",
    "phaseline.operators.assistants.rules.practice",
    "phaseline.operators.assistants.rules.maintainability",
    "phaseline.operators.assistants.rules.reproducibility",
    "phaseline.operators.assistants.rules.portability",
    "phaseline.operators.assistants.rules.resources",
)


@cache
def every() -> tuple[Rule, ...]:
    """All rules, by their modules."""
    found = (vars(import_module(name)).values() for name in _MODULES)
    return tuple(one for values in found for one in values if isinstance(one, Rule))


def judge(file: Dockerfile) -> Iterator[tuple[Finding, tuple[Edit, ...]]]:
    """Each finding, with the change that mends it where that is mechanical."""
    for rule in every():
        for hit in rule.look(file):
            finding = Finding(
                rule=rule.id,
                dimension=rule.dimension,
                severity=rule.severity,
                line=hit.line,
                message=hit.message,
                fix=rule.fix,
            )
            yield finding, hit.edits
