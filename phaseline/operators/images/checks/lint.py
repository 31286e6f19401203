"""T009: hadolint's findings on each Dockerfile that an image is built from."""

from __future__ import annotations

from phaseline.core.report import Report
from phaseline.core.settings import Build, Component
from phaseline.core.workspace import Context
from phaseline.operators.images.checks.finding import Finding, Sheet, conclude, keep, settled
from phaseline.operators.images.checks.rules import Severity
from phaseline.operators.images.dockerfile import path_of
from phaseline.tools import hadolint
from phaseline.tools.hadolint import Level, Remark

KIND = "dockerfile"
SEVERITIES: dict[Level, Severity] = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "info": Severity.LOW,
    "style": Severity.INFO,
}


def check_dockerfiles(context: Context) -> Report:
    """Lint the Dockerfile of each component that is built.

    Raises:
        CheckFailed: with a table of the findings of severity high or above.
        ToolMissing: there is no hadolint to be had.
    """
    built = [(one, one.build) for one in context.components if one.build]
    sheets = [_lint(context, component, build) for component, build in built]
    return Report(conclude(sheets, f"{len(sheets)} Dockerfiles"))


def _lint(context: Context, component: Component, build: Build) -> Sheet:
    remarks = hadolint.lint(path_of(context, build))
    findings = [as_finding(component, one) for one in remarks]
    sheet = Sheet(findings=settled(findings, component.allows))
    keep(context, component.name, KIND, sheet)
    return sheet


def as_finding(component: Component, remark: Remark) -> Finding:
    """hadolint's remark as a row of the table. Its wiki has a page for each of its rules."""
    wiki = "koalaman/shellcheck" if remark.code.startswith("SC") else "hadolint/hadolint"
    return Finding(
        rule=remark.code,
        severity=SEVERITIES[remark.level],
        subject=component.name,
        place=f"Dockerfile:{remark.line}",
        what=remark.message,
        fix=f"see https://github.com/{wiki}/wiki/{remark.code}",
    )
