"""Whether a phase is worse than it was: its steps, the findings on its files, their ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.operators.assistants import target
from phaseline.operators.assistants.advice import BEST, Dimension, rate
from phaseline.operators.assistants.builtin import judged
from phaseline.operators.images.checks.finding import recall


@dataclass(frozen=True)
class Checked:
    """What was found of a phase.

    Attributes:
        failed: the steps that failed; not those that were not run because one did.
        findings: how often each rule is broken, by `<component> <rule>`.
        ratings: 0 to 10, by `<component> <dimension>`.
    """

    failed: frozenset[str]
    findings: Counter[str]
    ratings: dict[str, int]


def check(context: Context, failed: Iterable[str]) -> Checked:
    """What is found of the components' Dockerfiles and images, beside the steps that failed.

    Of images it is what T009 has found that is not allowed. A file that is no Dockerfile any more
    has a rating of 0 in all.
    """
    findings, ratings = Counter[str](), dict[str, int]()
    for component in context.components:
        sheet = recall(context, component.name)
        findings.update(f"{component.name} {one.rule}" for one in sheet.findings if not one.allowed)
        if found := target.of_component(context, component):
            try:
                faults = judged(found.rendered())
            except InvalidConfiguration:
                findings[f"{component.name} no Dockerfile"] += 1
                ratings |= {f"{component.name} {dimension}": 0 for dimension in Dimension}
                continue
            findings.update(f"{component.name} {one.rule}" for one in faults)
            ratings |= {f"{component.name} {d}": points for d, points in rate(faults).items()}
    return Checked(frozenset(failed), findings, ratings)


def worse(before: Checked, after: Checked) -> list[str]:
    """What is worse in `after`, in words; nothing where all is as good as it was."""
    found = [f"{step} fails" for step in sorted(after.failed - before.failed)]
    found += [f"new finding: {name}" for name in sorted(after.findings - before.findings)]
    found += [
        f"rating of {name} falls from {points} to {after.ratings.get(name, 0)}"
        for name, points in before.ratings.items()
        if after.ratings.get(name, 0) < points <= BEST
    ]
    return found
