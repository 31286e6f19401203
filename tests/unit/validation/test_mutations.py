"""The list of mutations; what they do to a real deployment is in tests/deployment."""

from __future__ import annotations

from collections import Counter

import tasks
from phaseline.engine.trace import functions
from tests.deployment.mutations import DOCUMENT, MUTATIONS, document
from tests.deployment.workspace import CHECKOUT


def test_each_phase_that_deploys_is_broken_in_three_ways() -> None:
    counted = Counter(one.phase for one in MUTATIONS)
    assert counted.keys() == {one.number for one in tasks.GRAPH.phases.values() if one.number < 8}
    assert min(counted.values()) >= 3
    assert len({(one.phase, one.what) for one in MUTATIONS}) == len(MUTATIONS)


def test_each_is_caught_by_a_test_that_there_is() -> None:
    known = {name.partition("::")[2] for name in functions(CHECKOUT, "tests/validation")}
    assert {one.caught_by.partition("[")[0] for one in MUTATIONS} <= known


def test_the_document_is_as_generated() -> None:
    assert DOCUMENT.read_text() == document(), "run python -m tests.deployment.mutations"
