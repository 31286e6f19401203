"""What tasks.py declares, and how `invoke` shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from invoke.tasks import Task

import tasks
from phaseline.engine.graph import Kind

TREE = Path(__file__).parents[3]
IDS = {f"T{number:03d}" for number in range(1, 54)}
# T001-T002, and phase 9
NOT_BUILT = {f"T{n:03d}" for n in (1, 2, *range(48, 54))}
PHASES = [
    ("setup", ()),
    ("containerize", ("setup",)),
    ("chart", ("containerize",)),
    ("cluster", ("setup",)),
    ("deploy", ("containerize", "chart", "cluster")),
    ("services", ("deploy",)),
    ("ai-ops", ("services",)),
    ("validate", ("ai-ops",)),
    ("docs", ("validate",)),
]
FIRST = {"setup": 1, "containerize": 7, "chart": 13, "cluster": 20, "deploy": 25, "services": 30}
FIRST |= {"ai-ops": 35, "validate": 41, "docs": 48, "": 54}


def test_the_nine_phases_and_what_they_need() -> None:
    phases = tasks.GRAPH.phases.values()
    assert [phase.number for phase in phases] == list(range(1, 10))
    assert [(phase.name, phase.needs) for phase in phases] == PHASES


def test_every_id_of_the_source_document_is_declared_and_no_other() -> None:
    declared = {name.partition(".")[0] for name in tasks.GRAPH.steps}
    assert {name for name in declared if name.startswith("T")} == IDS
    assert declared - IDS == {"setup"}


def test_what_is_not_built_says_so_and_nothing_else_does() -> None:
    steps = tasks.GRAPH.steps.values()
    assert {step.id for step in steps if step.kind is Kind.NOT_BUILT} == NOT_BUILT
    built = {step.id.partition(".")[0] for step in steps if step.kind is not Kind.NOT_BUILT}
    assert not built & NOT_BUILT
    assert all(step.run for step in steps if step.kind is not Kind.NOT_BUILT)


def test_each_id_stands_in_its_phase() -> None:
    bounds = list(FIRST.values())
    for index, name in enumerate(tasks.GRAPH.phases):
        numbers = {
            int(step.id[1:4]) for step in tasks.GRAPH.phases[name].steps if step.id.startswith("T")
        }
        assert numbers == set(range(bounds[index], bounds[index + 1]))


def test_the_last_step_of_each_built_phase_is_a_check() -> None:
    for phase in tasks.GRAPH.phases.values():
        assert phase.gate.kind in (Kind.CHECK, Kind.NOT_BUILT)


def test_what_changes_the_live_world_can_be_probed() -> None:
    for step in tasks.GRAPH.steps.values():
        assert step.kind is not Kind.ACT or step.probe, step.id


def all_tasks() -> Iterator[tuple[str, Task[Any]]]:
    for name in tasks.namespace.task_names:
        yield name, tasks.namespace[name]


@pytest.mark.parametrize(("name", "task"), list(all_tasks()), ids=lambda value: str(value))
def test_every_task_has_a_help_with_an_example(name: str, task: Task[Any]) -> None:
    text = task.__doc__ or ""
    example = re.search(r"^Example: invoke (\S+)(.*)$", text, re.MULTILINE)
    assert example
    called = tasks.namespace[example[1]]  # the example is a task that there is, with its options
    assert called is task
    options = {option for argument in task.get_arguments() for option in argument.names}
    flags = re.findall(r"--([a-z-]+)", example[2])
    assert {flag.replace("-", "_") for flag in flags} <= {o.replace("-", "_") for o in options}
    assert set(task.help) <= {option.replace("_", "-") for option in options} | options


def test_each_phase_and_the_everyday_verbs_are_tasks() -> None:
    names = {name for name, _ in all_tasks()} | set(tasks.namespace.collections)
    assert {name for name, _ in PHASES} <= names
    assert {"deploy-all", "plan", "status", "doctor", "teardown"} <= names


def test_the_pipeline_knows_nothing_of_the_application() -> None:
    package = TREE / "phaseline"
    files = [TREE / "tasks.py", *package.rglob("*.py"), *package.rglob("templates/*")]
    found = [
        f"{file.relative_to(TREE)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if "todo" in line.lower()
    ]
    assert found == []
