"""`invoke validate`: the deployed system is tested, and the results belong to what was tested."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from phaseline.core.files import digest_sha256
from phaseline.engine import bundle, envelope
from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import CHECKOUT, Ran

pytestmark = pytest.mark.e2e

SESSIONS = {"T041", "T042", "T043", "T044", "T045"}
STEPS = {*SESSIONS, "T046", "T047"}


@pytest.fixture(scope="module")
def validated(first: Deployed) -> Iterator[Ran]:
    """The shared deployment, validated. It is one of this checkout: the results are told of it."""
    first.deploy()
    yield first.workspace.must("validate")
    for step in SESSIONS:
        path = first.workspace.state / "tests" / f"{step}.xml"
        target = CHECKOUT / ".phaseline" / "tests" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _identity(deployed: Deployed, step: str) -> dict[str, str]:
    """What the newest statement of a step says that it is bound to."""
    for line in reversed(bundle.lines(deployed.workspace.state)):
        told: dict[str, Any] = json.loads(envelope.unseal(line).payload)
        definition = told["predicate"]["buildDefinition"]
        if definition["externalParameters"]["step"] == step:
            found: dict[str, str] = definition["internalParameters"]["identity"]
            return found
    raise AssertionError(f"there is no evidence of {step}")


def test_every_session_ran_and_is_bound_to_what_it_tested(first: Deployed, validated: Ran) -> None:
    assert validated.steps("✓") >= STEPS, validated.text
    running = application.running_images(first.workspace)
    for step in SESSIONS:
        told = _identity(first, step)
        assert {told[f"running:{name}"] for name in running} == set(running.values())
        result = first.workspace.state / "tests" / f"{step}.xml"
        assert told["results"] == f"sha256:{digest_sha256(result)}"
    assert first.workspace.must("verify")


def test_nothing_changed_nothing_is_tested_again(deployed: Deployed, validated: Ran) -> None:
    assert deployed.workspace.must("validate").steps("=") >= STEPS
