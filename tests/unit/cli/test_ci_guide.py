"""docs/ci.md says only what the command line knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import tasks
from phaseline.core.errors import PhaselineError
from phaseline.operators.ai_operations import errors as of_requests

GUIDE = Path(__file__).parents[3] / "docs" / "ci.md"


def job() -> dict[str, Any]:
    found = re.search(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found
    content = yaml.safe_load(found[1])
    (only,) = content["jobs"].values()
    job: dict[str, Any] = only
    return job


def commands() -> list[list[str]]:
    """Every call of invoke, in the example and in the text."""
    text = GUIDE.read_text()
    called = re.findall(r"\$INVOKE ([a-z][^\n|;]*)", text)
    called += re.findall(r"`invoke ([a-z][^`]*)`", text)
    return [line.split() for line in called]


def test_the_nine_phases_are_nine_steps_in_order() -> None:
    named = [step["name"] for step in job()["steps"] if step.get("name", " ")[0].isdigit()]
    phases = tasks.GRAPH.phases.values()
    assert named == [f"{phase.number} {phase.name}" for phase in phases]
    for step in job()["steps"]:
        if step.get("name") in named:
            assert step["run"].split()[:2] == ["$INVOKE", step["name"].split()[1]]


def test_what_was_done_is_kept_also_after_a_failure() -> None:
    steps = job()["steps"]
    after = steps[next(i for i, step in enumerate(steps) if step.get("name") == "export") :]
    assert [step.get("if") for step in after] == ["always()"] * 3


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_one_with_its_options(words: list[str]) -> None:
    task = tasks.namespace[words[0]]
    options = {
        name.replace("_", "-") for argument in task.get_arguments() for name in argument.names
    }
    for word in words[1:]:
        if word.startswith("--"):
            assert word.removeprefix("--") in options


def test_every_exit_code_is_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", GUIDE.read_text(), re.MULTILINE)}

    def codes(kind: type[PhaselineError]) -> set[int]:
        return {kind.exit_code}.union(*(codes(one) for one in kind.__subclasses__()))

    assert of_requests.NotUnderstood.exit_code in codes(PhaselineError)  # they are loaded
    assert told == {0, 5} | codes(PhaselineError)
