from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.operators.validation import deployment, results
from phaseline.operators.validation.results import Results

pytestmark = pytest.mark.slow

TREE = Path(__file__).parents[3]
TESTS = """
import pytest

def test_good(): pass

def test_bad(): assert 1 == 2, "not the same"

@pytest.fixture
def broken(): raise OSError("no such thing")

def test_cannot(broken): pass

@pytest.mark.skip(reason="not here")
def test_left_out(): pass

@pytest.mark.parametrize("n", [1, 2])
def test_many(n): pass
"""


def said(folder: Path, *words: str) -> tuple[int, Results]:
    """What pytest itself writes of TESTS, run as our sessions run it."""
    (folder / "conftest.py").write_text((TREE / "tests/conftest.py").read_text())
    (folder / "test_toy.py").write_text(TESTS)
    path = folder / "said.xml"
    argv = (sys.executable, "-m", "pytest", "-q", f"--junitxml={path}", "-p", "no:cacheprovider")
    ended = subprocess.run(
        (*argv, *words, "test_toy.py"), cwd=folder, check=False, capture_output=True
    )
    return ended.returncode, results.read(path)


def test_what_pytest_writes_is_read(tmp_path: Path) -> None:
    code, found = said(tmp_path)
    assert code == 1
    assert found.passed == (
        "test_toy::test_good",
        "test_toy::test_many[1]",
        "test_toy::test_many[2]",
    )
    assert found.failed.keys() == {"test_toy::test_bad", "test_toy::test_cannot"}
    assert "not the same" in found.failed["test_toy::test_bad"]
    assert "no such thing" in found.failed["test_toy::test_cannot"]
    assert found.skipped == {"test_toy::test_left_out": "not here"}
    assert found.summary == "3 passed, 2 failed, 1 skipped (not here)"
    assert found.ran == 5


@pytest.mark.parametrize(
    ("words", "code"), [("test_left_out", 5), ("of_no_name", 5), ("test_good", 0)]
)
def test_a_session_in_which_no_test_ran_is_no_success(
    tmp_path: Path, words: str, code: int
) -> None:
    ended, found = said(tmp_path, "-k", words)
    assert ended == code
    if code:
        with pytest.raises(CheckFailed, match="T041: no test ran"):
            results.require(found, "T041")
    else:
        results.require(found, "T041")


def test_each_test_that_failed_is_named() -> None:
    found = Results(passed=("a",), failed={"test_helm::test_x": "a port", "test_helm::test_y": "b"})
    with pytest.raises(CheckFailed, match="T043: 1 passed, 2 failed") as caught:
        results.require(found, "T043")
    assert caught.value.why == "test_helm::test_x: a port\ntest_helm::test_y: b"


@pytest.mark.parametrize("content", [None, "", "<testsuites>"])
def test_what_is_no_result_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "said.xml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CheckFailed, match=r"said\.xml tells of no tests"):
        results.read(path)


def test_another_deployment_than_the_one_tested_is_named() -> None:
    before = {"revision": "1", "image:web": "sha256:a", "running:x": "sha256:a"}
    deployment.require_same(before, dict(before))
    after = {"revision": "2", "image:web": "sha256:a", "running:y": "sha256:a"}
    with pytest.raises(CheckFailed, match="changed while it was tested") as caught:
        deployment.require_same(before, after)
    assert caught.value.why.split("; ") == [
        "revision: 1, then 2",
        "running:x: sha256:a, then None",
        "running:y: None, then sha256:a",
    ]
