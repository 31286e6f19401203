"""From each ID of the source document to its steps, their code, their tests and what these said.

A step names its tests by the beginnings of pytest's node IDs: a folder, a file, or one function.
What they said is read from JUnit files (`<testsuites><testsuite><testcase classname= name=>`, as
pytest's `--junitxml` writes them) in `.phaseline/tests`.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine.graph import Graph, Operator, Step

_ID = re.compile(r"T\d{3}")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Results = Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """One ID.

    Attributes:
        code: `module:function file:line` of each operator that does it; empty where nothing is
            built.
        tests: beginnings of pytest node IDs.
        result: `passed` or `failed`; empty unless each of its tests ran.
    """

    id: str
    phase: str
    title: str
    code: tuple[str, ...]
    tests: tuple[str, ...]
    result: str


def trace(graph: Graph, root: Path, results: Results) -> list[Line]:
    """A line for each ID of the graph, in the order of the IDs.

    Args:
        results: how each test ended, see `read_results`.
    """
    groups: dict[str, list[Step]] = {}
    for step in graph.steps.values():
        if found := _ID.match(step.id):
            groups.setdefault(found[0], []).append(step)
    return [_line(name, groups[name], graph, root, results) for name in sorted(groups)]


def _line(name: str, steps: list[Step], graph: Graph, root: Path, results: Results) -> Line:
    tests = tuple(dict.fromkeys(test for step in steps for test in step.tests))
    return Line(
        id=name,
        phase=graph.phase_of[steps[0].id].name,
        title="; ".join(dict.fromkeys(step.title for step in steps)),
        code=tuple(dict.fromkeys(place(step.run, root) for step in steps if step.run)),
        tests=tests,
        result=judged(tests, root, results),
    )


def place(operator: Operator, root: Path) -> str:
    """Where an operator stands: `module:function file:line`, the file relative to `root`."""
    inner: Any = inspect.unwrap(operator)
    while hasattr(inner, "func"):  # functools.partial
        inner = inner.func
    code = inner.__code__
    file = Path(code.co_filename)
    shown = file.relative_to(root) if file.is_relative_to(root) else file.name
    return f"{inner.__module__}:{inner.__qualname__} {shown}:{code.co_firstlineno}"


def functions(root: Path, prefix: str) -> list[str]:
    """The test functions that a node prefix names, as `path/to/test_x.py::test_y`.

    Raises:
        InvalidConfiguration: it names no file, or no function in one.
    """
    path, _, name = prefix.partition("::")
    place = root / path
    files = sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
    try:
        found = [f"{f.relative_to(root)}::{one}" for f in files for one in _tests_in(f)]
    except FileNotFoundError:
        found = []
    wanted = [one for one in found if not name or one.partition("::")[2] == name]
    if not wanted:
        raise InvalidConfiguration(
            f"there is no test {prefix}", fix="correct `tests` of the step in tasks.py"
        )
    return wanted


def _tests_in(file: Path) -> Iterator[str]:
    yield from _named(ast.parse(file.read_text(encoding="utf-8")).body, "")


def _named(body: Iterable[ast.stmt], before: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _named(node.body, f"{before}{node.name}::")
        elif isinstance(node, _FUNCTIONS) and node.name.startswith("test_"):
            yield f"{before}{node.name}"


def judged(tests: Iterable[str], root: Path, results: Results) -> str:
    """`passed` or `failed` over all of `tests`; empty unless each of them ran."""
    try:
        names = [name for test in tests for name in functions(root, test)]
    except InvalidConfiguration:
        return ""
    ended = {results.get(name, "not run") for name in names}
    if not ended or ended & {"not run", "skipped"}:
        return ""
    return "failed" if "failed" in ended else "passed"


def read_results(folder: Path) -> dict[str, str]:
    """How each test function ended, by its node ID: `passed`, `failed` or `skipped`.

    A function with parameters has failed if one of its cases has, and was skipped if one was. Where
    several files tell of one function, the youngest counts.

    Raises:
        InvalidConfiguration: a file there is no JUnit file.
    """
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.xml"), key=lambda path: path.stat().st_mtime):
        found |= _read(file)
    return found


def _read(file: Path) -> dict[str, str]:
    try:
        tree = ElementTree.parse(file)  # noqa: S314 - our own tests wrote it
    except ElementTree.ParseError as error:
        raise InvalidConfiguration(
            f"{file.name} is no JUnit file", why=str(error), fix=f"remove {file}, run nox again"
        ) from error
    worst = ("passed", "skipped", "failed")
    found: dict[str, str] = {}
    for case in tree.iter("testcase"):
        node = _node(case.get("classname", ""), case.get("name", ""))
        found[node] = max(found.get(node, "passed"), _ending(case), key=worst.index)
    return found


def _node(classname: str, name: str) -> str:
    """`tests.unit.test_x.TestY` and `test_z[1]` → `tests/unit/test_x.py::TestY::test_z`."""
    parts = classname.split(".")
    last = next((i for i, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
    return "::".join(
        ["/".join(parts[: last + 1]) + ".py", *parts[last + 1 :], name.partition("[")[0]]
    )


def _ending(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"
