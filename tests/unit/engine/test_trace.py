from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tasks
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph, Phase, Step, check, make, not_built
from phaseline.engine.trace import functions, judged, place, read_results, trace

pytestmark = pytest.mark.slow

TREE = Path(__file__).parents[3]
TESTS = """
import pytest

@pytest.mark.parametrize("value", [1, 2])
def test_good(value):
    assert value

@pytest.mark.parametrize("value", [1, 0])
def test_sometimes(value):
    assert value

@pytest.mark.parametrize("value", [1, 0])
def test_left_out(value):
    if not value:
        pytest.skip("not here")

class TestInner:
    def test_in_class(self):
        pass

@pytest.fixture
def broken():
    raise OSError("no")

def test_set_up(broken):
    pass
"""
GOOD = "tests/unit/test_toy.py::test_good"


def work(context: Context) -> Report:
    return Report("")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "tests/unit"
    folder.mkdir(parents=True)
    (folder / "test_toy.py").write_text(TESTS)
    (folder / "helper.py").write_text("def test_nothing(): ...")
    return tmp_path


def run(root: Path, *words: str, name: str = "unit") -> dict[str, str]:
    """Run the toy tests as nox would; what their result file says."""
    folder = root / ".phaseline/tests"
    command = (sys.executable, "-m", "pytest", "-q", "--import-mode=importlib", *words)
    env = {**os.environ, "PYTHONPATH": "", "PYTEST_ADDOPTS": ""}
    subprocess.run(
        (*command, f"--rootdir={root}", f"--junitxml={folder}/{name}.xml", "tests"),
        cwd=root, env=env, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return read_results(folder)


def test_what_pytest_writes_is_read_by_function(root: Path) -> None:
    assert run(root) == {
        GOOD: "passed",
        "tests/unit/test_toy.py::test_sometimes": "failed",
        "tests/unit/test_toy.py::test_left_out": "skipped",
        "tests/unit/test_toy.py::TestInner::test_in_class": "passed",
        "tests/unit/test_toy.py::test_set_up": "failed",
    }


def test_prefixes_name_folders_files_and_functions(root: Path) -> None:
    names = ["test_good", "test_sometimes", "test_left_out", "TestInner::test_in_class"]
    everything = [f"tests/unit/test_toy.py::{name}" for name in (*names, "test_set_up")]
    assert functions(root, "tests") == functions(root, "tests/unit/test_toy.py") == everything
    assert functions(root, GOOD) == [GOOD]


@pytest.mark.parametrize("prefix", ["tests/none.py", "tests/unit/test_toy.py::test_no", "empty"])
def test_a_prefix_that_names_nothing_is_refused(prefix: str, root: Path) -> None:
    (root / "empty").mkdir()
    with pytest.raises(InvalidConfiguration, match=f"there is no test {prefix}"):
        functions(root, prefix)


@pytest.mark.parametrize(
    ("tests", "result"),
    [
        (("test_good",), "passed"),
        (("test_good", "TestInner::test_in_class"), "passed"),
        (("test_good", "test_sometimes"), "failed"),
        (("test_set_up",), "failed"),
        (("test_good", "test_left_out"), ""),
        (("test_sometimes", "test_left_out"), ""),
        ((), ""),
        (("test_removed",), ""),
    ],
)
def test_a_result_needs_each_test(tests: tuple[str, ...], result: str, root: Path) -> None:
    ended = run(root)
    assert judged([f"tests/unit/test_toy.py::{name}" for name in tests], root, ended) == result


def test_tests_that_were_not_chosen_have_not_run(root: Path) -> None:
    ended = run(root, "-k", "test_good")
    assert judged([GOOD], root, ended) == "passed"
    assert judged(["tests/unit/test_toy.py"], root, ended) == ""


def test_the_youngest_file_counts(root: Path) -> None:
    assert run(root)[GOOD] == "passed"
    toy = root / "tests/unit/test_toy.py"
    toy.write_text(TESTS.replace("    assert value", "    assert not value"))
    os.utime(root / ".phaseline/tests/unit.xml", (1, 1))
    assert run(root, name="again")[GOOD] == "failed"


def test_without_result_files_nothing_ran(root: Path) -> None:
    assert read_results(root / "none") == {}


def test_a_broken_result_file_is_named(root: Path) -> None:
    run(root)
    file = root / ".phaseline/tests/unit.xml"
    file.write_text(file.read_text()[:-30])
    with pytest.raises(InvalidConfiguration, match=r"unit\.xml is no JUnit file"):
        read_results(file.parent)


def graph(*steps: Step) -> Graph:
    return Graph([Phase(number=1, name="one", title="One", steps=steps)])


def test_steps_of_one_id_are_one_line(root: Path) -> None:
    found = trace(
        graph(
            check("T002", "Second", work, tests=(GOOD,)),
            make("T001.a", "First", work, tests=(GOOD,)),
            make("T001.b", "Third", work, tests=("tests/unit/test_toy.py::test_sometimes", GOOD)),
            not_built("T003", "Later"),
            check("one.gate", "Gate", work),
        ),
        root,
        run(root),
    )
    assert [(line.id, line.title, line.result) for line in found] == [
        ("T001", "First; Third", "failed"),
        ("T002", "Second", "passed"),
        ("T003", "Later", ""),
    ]
    assert found[0].tests == (GOOD, "tests/unit/test_toy.py::test_sometimes")
    assert len(found[0].code) == 1
    assert found[2].code == found[2].tests == ()


def test_code_is_named_by_module_function_file_and_line() -> None:
    number = next(
        n for n, line in enumerate(Path(__file__).read_text().splitlines(), 1) if "def work" in line
    )
    wanted = f"{__name__}:work tests/unit/engine/test_trace.py:{number}"
    assert place(work, TREE) == place(functools.partial(work), TREE) == wanted


def test_every_id_of_the_document_has_a_line_and_what_is_built_has_tests() -> None:
    lines = trace(tasks.GRAPH, TREE, {})
    assert [line.id for line in lines] == [f"T{number:03d}" for number in range(1, 54)]
    for line in lines:
        assert bool(line.code) is bool(line.tests), line.id
        assert line.result == ""


@pytest.mark.parametrize("step", [s for s in tasks.GRAPH if s.run], ids=lambda step: step.id)
def test_the_tests_of_every_built_step_exist(step: Step) -> None:
    assert step.tests
    for prefix in step.tests:
        assert functions(TREE, prefix)
