"""What a test session has said: the JUnit file that pytest writes with `--junitxml`.

Format: `<testsuites><testsuite><testcase classname= name=>`, with a child `failure`, `error` or
`skipped` where it did not pass (https://docs.pytest.org/en/stable/how-to/output.html).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from phaseline.core.errors import CheckFailed

_LONGEST = 400  # characters that are told of one failure


@dataclass(frozen=True, kw_only=True)
class Results:
    """How the tests of one session ended.

    Attributes:
        passed: their names; failed, skipped: the reason by name.
    """

    passed: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def ran(self) -> int:
        """How many tests came to an end, well or not."""
        return len(self.passed) + len(self.failed)

    @property
    def summary(self) -> str:
        """The counts in words, with the reasons of what was skipped."""
        told = [f"{len(self.passed)} passed"]
        told += [f"{len(self.failed)} failed"] if self.failed else []
        if self.skipped:
            reasons = "; ".join(dict.fromkeys(self.skipped.values()))
            told.append(f"{len(self.skipped)} skipped ({reasons})")
        return ", ".join(told)


def read(path: Path) -> Results:
    """The results in a JUnit file.

    Raises:
        CheckFailed: there is no such file, or it is none.
    """
    try:
        tree = ElementTree.parse(path)  # noqa: S314 - our own tests wrote it
    except (OSError, ElementTree.ParseError) as error:
        raise CheckFailed(f"{path.name} tells of no tests", why=str(error)) from error
    passed: list[str] = []
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for case in tree.iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name', '')}"
        if (fault := _child(case, "failure", "error")) is not None:
            failed[name] = _told(fault)
        elif (left_out := _child(case, "skipped")) is not None:
            skipped[name] = left_out.get("message", "")
        else:
            passed.append(name)
    return Results(passed=tuple(passed), failed=failed, skipped=skipped)


def require(results: Results, what: str) -> None:
    """See that tests ran, and that none failed.

    Raises:
        CheckFailed: naming each test that failed, or saying that none ran.
    """
    if results.failed:
        raise CheckFailed(
            f"{what}: {results.summary}",
            why="\n".join(f"{name}: {why}" for name, why in results.failed.items()),
            fix="repair what the tests name; `invoke deploy-all` brings back what was altered",
        )
    if not results.ran:
        raise CheckFailed(f"{what}: no test ran", why=results.summary)


def _child(case: ElementTree.Element, *names: str) -> ElementTree.Element | None:
    return next((one for name in names if (one := case.find(name)) is not None), None)


def _told(fault: ElementTree.Element) -> str:
    lines = [line for line in fault.get("message", "").splitlines() if line.strip()]
    return (lines[0] if lines else "it says nothing")[:_LONGEST]
