"""The table of findings: kept, read back, put together, and what it makes of a step."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.checks import finding, reference
from phaseline.operators.images.checks.finding import Finding, Sheet, conclude, keep, recall
from phaseline.operators.images.checks.rules import RULES, Severity

ROOT = Path(__file__).parents[3]


def row(severity: Severity, rule: str = "IMG001", allowed: str = "") -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        subject="app",
        place="/x",
        what="is so",
        fix="make it so",
        allowed=allowed,
    )


@pytest.fixture
def context(tmp_path: Path) -> Context:
    component = {"name": "app", "role": "backend", "image": "x", "values": "x", "port": 1}
    chart = {"folder": ".", "release": "x", "namespace": "x"}
    content = {"version": 1, "application": "x", "components": [component], "chart": chart}
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(content))
    return Context(Workspace(tmp_path))


def test_what_is_kept_is_read_back_as_one_the_worst_first(context: Context) -> None:
    first, second = row(Severity.LOW), row(Severity.CRITICAL, "IMG011", allowed="a reason")
    keep(context, "app", "image", Sheet(findings=(first,)))
    keep(context, "app", "dockerfile", Sheet(findings=(second,), skipped=("this, for that",)))
    keep(context, "other", "image", Sheet(findings=(row(Severity.INFO),)))
    assert recall(context, "app") == Sheet(findings=(second, first), skipped=("this, for that",))


def test_a_sheet_of_another_version_is_refused(context: Context) -> None:
    keep(context, "app", "image", Sheet())
    path = finding.place_of(context, "app", "image")
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(InvalidConfiguration, match="format"):
        recall(context, "app")


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.HIGH])
def test_high_and_above_fail_the_step_with_the_table(severity: Severity) -> None:
    with pytest.raises(CheckFailed) as caught:
        conclude([Sheet(findings=(row(severity), row(Severity.LOW, "IMG009")))], "the image")
    assert caught.value.what == f"the image: 1 {severity}, 1 low"
    assert "IMG001  " in caught.value.why
    assert "make it so" in caught.value.why
    assert "IMG009" not in caught.value.why


@pytest.mark.parametrize("severity", [Severity.MEDIUM, Severity.LOW, Severity.INFO])
def test_below_that_they_are_told_only(severity: Severity) -> None:
    assert conclude([Sheet(findings=(row(severity),))], "it") == f"it: 1 {severity}"


def test_what_is_allowed_passes_and_is_counted() -> None:
    sheet = Sheet(findings=(row(Severity.HIGH, allowed="initdb calls it"),))
    assert conclude([sheet], "it") == "it: no findings, 1 allowed"
    assert "allowed: initdb calls it" in "\n".join(finding.table(sheet.findings))


def test_what_was_skipped_is_never_called_clean() -> None:
    assert conclude([Sheet(skipped=("a, for b",))] * 2, "it") == "it: skipped: a, for b"
    assert conclude([Sheet(), Sheet(skipped=("a",))], "it") == "it: no findings; skipped: a"


def test_columns_are_aligned() -> None:
    lines = finding.table([row(Severity.LOW, "IMG009"), row(Severity.CRITICAL, "DL3006-long")])
    assert len({line.index("is so") for line in lines[1:]} | {lines[0].index("finding")}) == 1


def test_rules_are_numbered_without_a_gap_and_tell_what_to_do() -> None:
    assert list(RULES) == [f"IMG{number:03}" for number in range(1, len(RULES) + 1)]
    assert all(rule.title and rule.why.endswith(".") and rule.fix for rule in RULES.values())


def test_the_reference_is_as_the_code() -> None:
    assert (ROOT / "docs/checks.md").read_text() == reference.page(), (
        "run python -m phaseline.operators.images.checks.reference > docs/checks.md"
    )


def test_the_allowances_of_this_application_name_rules_that_there_are() -> None:
    pipeline = Workspace(ROOT).pipeline
    named = {one.rule for component in pipeline.components for one in component.allows}
    assert named <= set(RULES)
