"""What a phase has made is broken in at least three ways: validation turns red and names it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.operators.validation import results
from phaseline.operators.validation.sessions import WORKSPACE
from tests.deployment.conftest import Deployed
from tests.deployment.mutations import MUTATIONS, Mutation
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def whole(first: Deployed) -> Iterator[None]:
    """Before and after, all is as it is in the checkout."""
    first.deploy()
    yield
    first.deploy()


def validated(workspace: Workspace, phase: int, place: Path) -> results.Results:
    """What the tests of one phase say, called as the session `validate` calls them."""
    path = place / "said.xml"
    words = ("-q", "-p", "no:cacheprovider", f"--junitxml={path}", "tests/validation")
    argv = (sys.executable, "-m", "pytest", *words, "--phase", str(phase))
    env = {**os.environ, **workspace.env, WORKSPACE: str(workspace.root)}
    subprocess.run(argv, cwd=workspace.root, env=env, check=False, capture_output=True)
    return results.read(path)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: f"{one.phase}: {one.what}")
def test_it_is_caught_and_named(first: Deployed, mutation: Mutation, tmp_path: Path) -> None:
    with mutation.broken(first.workspace):
        found = validated(first.workspace, mutation.phase, tmp_path)
    names = {name.partition("::")[2] for name in found.failed}
    assert mutation.caught_by in names, found
