"""What a run of the suite has shown, from ginkgo's own report in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

WANTED = 95.0  # per cent of those that were run
_NOT_RUN = {"skipped", "pending"}


@dataclass(frozen=True)
class Known:
    """What is known beforehand, by a regular expression of the test's name.

    Attributes:
        left_out: not run, such as tests whose image cannot be made here; and why.
        explained: run, and counted as failed where they fail; and why they do.
    """

    left_out: Mapping[str, str]
    explained: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Known:
        """Read the kept file."""
        return cls(**yaml.safe_load(path.read_text()))

    def reason(self, name: str) -> str:
        """Why a test fails; "" where nobody knows yet."""
        return next((why for one, why in self.explained.items() if re.search(one, name)), "")


@dataclass(frozen=True)
class Result:
    """The tests that ran, by name, and those that the suite itself skipped, each with its words."""

    passed: tuple[str, ...]
    failed: Mapping[str, str]
    skipped: Mapping[str, str]

    @property
    def figure(self) -> float:
        """Per cent of those that ran; 0 when none did."""
        ran = len(self.passed) + len(self.failed)
        return 100.0 * len(self.passed) / ran if ran else 0.0


def read(path: Path) -> Result:
    """The result that ginkgo wrote with `--json-report`."""
    reports: list[dict[str, Any]] = json.loads(path.read_text())
    specs = [one for report in reports for one in report["SpecReports"] or ()]
    tests = {_name(one): one for one in specs if one["LeafNodeType"] == "It"}
    return Result(
        passed=tuple(name for name, one in tests.items() if one["State"] == "passed"),
        failed={
            name: _words(one)
            for name, one in tests.items()
            if one["State"] not in {"passed", *_NOT_RUN}
        },
        # one that the filters left out has no words
        skipped={
            name: _words(one)
            for name, one in tests.items()
            if one["State"] in _NOT_RUN and _words(one)
        },
    )


def _name(spec: Mapping[str, Any]) -> str:
    return " ".join([*(spec["ContainerHierarchyTexts"] or ()), spec["LeafNodeText"]])


def _words(spec: Mapping[str, Any]) -> str:
    return " ".join(str((spec.get("Failure") or {}).get("Message", "")).split())[:300]


def lines(result: Result, known: Known) -> Iterable[str]:
    """The report, line by line."""
    for why in sorted(set(known.left_out.values())):
        yield f"left out: {why}"
    for name, words in sorted(result.skipped.items()):
        yield f"skipped by the suite: {name}: {words}"
    for name, words in sorted(result.failed.items()):
        yield f"failed: {name}\n  it says: {words}\n  because: {known.reason(name) or 'NOT KNOWN'}"
    yield (
        f"{len(result.passed)} passed, {len(result.failed)} failed, "
        f"{len(result.skipped)} skipped by the suite: {result.figure:.1f} % "
        f"of those that ran, wanted {WANTED:.0f} %"
    )


def unexplained(result: Result, known: Known) -> list[str]:
    """The failures that the kept file does not explain."""
    return [name for name in result.failed if not known.reason(name)]
