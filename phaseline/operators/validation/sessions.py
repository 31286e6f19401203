"""T041 to T045: a Nox session over the deployed system, its results bound to what it tested.

The tests stand beside tasks.py, whatever application is deployed: they learn it from its
`pipeline.yaml`. Nox and pytest are programs of this Python's `test` extra.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import phaseline
from phaseline.core.errors import CheckFailed, ToolMissing
from phaseline.core.files import digest_sha256, digest_text
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.images.pulse import pulse
from phaseline.operators.validation import deployment, results
from phaseline.process.command import Command
from phaseline.process.run import attempt

HOME = Path(phaseline.__file__).parents[1]
TESTS = Path("tests/validation")
WORKSPACE = "PHASELINE_WORKSPACE"  # the folder of the system to test
_LIMIT = 840.0  # seconds; what takes longer is ended before the step is


def check_workflow(context: Context) -> Report:
    """T041: phases 1 and 4, and that all of 1 to 7 is done and proved; raises as `tested`."""
    return tested(context, "T041", "test_workflow.py")


def check_containerization(context: Context) -> Report:
    """T042: phase 2; raises as `tested`."""
    return tested(context, "T042", "test_containerization.py")


def check_helm(context: Context) -> Report:
    """T043: phase 3; raises as `tested`."""
    return tested(context, "T043", "test_helm.py")


def check_ai_operations(context: Context) -> Report:
    """T044: phase 7; raises as `tested`."""
    return tested(context, "T044", "test_ai_operations.py")


def check_end_to_end(context: Context) -> Report:
    """T045: phases 5 and 6; raises as `tested`."""
    return tested(context, "T045", "test_e2e.py", "test_connections.py", "test_security.py")


def tested(context: Context, step: str, *files: str) -> Report:
    """Run the session `validate` over `files`, and bind what it said to the deployment.

    Raises:
        ToolMissing: nox or pytest is not installed.
        CheckFailed: a test failed, none ran, or the deployment changed meanwhile.
    """
    _require_programs()
    before = deployment.bound(context)
    path = result_file(context, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # what an earlier session said must not stand for this one
    with pulse(f"tests revision {before['revision']}"):
        ended = attempt(_command(context, path, files))
    if not path.exists():
        raise CheckFailed(f"{step}: nox ended with {ended.code}", why=ended.tail)
    found = results.read(path)
    results.require(found, f"{step} of {deployment.title(before)}")
    deployment.require_same(before, deployment.bound(context))
    return Report(found.summary, {**before, "results": f"sha256:{digest_sha256(path)}"})


def result_file(context: Context, step: str) -> Path:
    """Where the tests of `step` leave what they said, as JUnit."""
    return context.state / "tests" / f"{step}.xml"


def tests(context: Context) -> Mapping[str, str]:
    """The tests' content, as part of a step's key: they may stand outside of the workspace."""
    files = sorted((HOME / TESTS).glob("*.py"))
    return {"tests": digest_text(*(f"{one.name} {digest_sha256(one)}" for one in files))}


def _command(context: Context, path: Path, files: tuple[str, ...]) -> Command:
    python = Path(sys.executable)
    chosen = (f"--junitxml={path}", *(str(TESTS / one) for one in files))
    return Command(
        argv=(str(python), "-m", "nox", "-f", "noxfile.py", "-s", "validate", "--", *chosen),
        cwd=HOME,
        env={
            WORKSPACE: str(context.workspace.root.resolve()),
            # the session's programs are those beside this Python
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        },
        timeout=_LIMIT,
    )


def _require_programs() -> None:
    lacking = [name for name in ("nox", "pytest", "testinfra") if find_spec(name) is None]
    there = (HOME / "noxfile.py").is_file()
    if lacking or not there:
        raise ToolMissing(
            "phase 8 cannot test: it takes nox, pytest and the tests beside tasks.py",
            why=f"not installed: {', '.join(lacking)}" if lacking else f"{HOME} has no noxfile.py",
            fix="in a checkout: pip install -e '.[test]'",
        )
