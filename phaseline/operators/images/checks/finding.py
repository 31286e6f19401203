"""One table of findings: a rule, how bad it is, where, what, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.files import write_json
from phaseline.core.settings import Allowance, Component
from phaseline.core.workspace import Context
from phaseline.operators.images.checks.rules import RULES, Severity
from phaseline.operators.images.model import folder
from phaseline.process import journal

_FORMAT, _VERSION = "phaseline findings", 1
_ORDER = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row.

    Attributes:
        subject: the component.
        place: the path, layer, package or line that it is about; empty for the whole.
        allowed: why it is let pass; empty where it is not.
    """

    rule: str
    severity: Severity
    subject: str
    place: str
    what: str
    fix: str
    allowed: str = ""

    @property
    def fails(self) -> bool:
        """Whether the step that found it fails."""
        return self.severity.fails and not self.allowed

    def row(self) -> dict[str, Any]:
        """Itself as JSON has it, and as the table shows it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What one kind of check found on one component, and what it could not do, with the reason.

    Attributes:
        looked: there was a check at all.
    """

    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = ()
    looked: bool = True


def found(rule: str, component: Component, what: str, place: str = "") -> Finding:
    """A finding by one of our own rules."""
    known = RULES[rule]
    return Finding(
        rule=rule,
        severity=known.severity,
        subject=component.name,
        place=place,
        what=what,
        fix=known.fix,
    )


def settled(findings: Iterable[Finding], allows: Sequence[Allowance]) -> tuple[Finding, ...]:
    """The findings, worst first, those that pipeline.yaml allows with its reason; pure."""
    marked = (_marked(one, allows) for one in findings)
    return tuple(sorted(marked, key=lambda f: (_ORDER[f.severity], f.rule, f.subject, f.place)))


def covers(allowance: Allowance, finding: Finding) -> bool:
    """Whether `allowance` is about `finding`."""
    named = not allowance.places or finding.place in allowance.places
    return allowance.rule == finding.rule and named


def _marked(finding: Finding, allows: Sequence[Allowance]) -> Finding:
    if finding.allowed:
        return finding
    reasons = [f"pipeline.yaml: {one.reason}" for one in allows if covers(one, finding)]
    return replace(finding, allowed=reasons[0]) if reasons else finding


def place_of(context: Context, component: str, kind: str) -> Path:
    """Where the sheet of one kind of check on one component lies."""
    return folder(context) / "findings" / f"{component}.{kind}.json"


def keep(context: Context, component: str, kind: str, sheet: Sheet) -> None:
    """Write the sheet; its content depends on nothing but what was found."""
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "findings": [one.row() for one in sheet.findings],
        "skipped": list(sheet.skipped),
    }
    write_json(place_of(context, component, kind), content)


def recall(context: Context, component: str) -> Sheet:
    """All sheets of one component as one.

    Raises:
        InvalidConfiguration: a newer version wrote one of them.
    """
    paths = sorted((folder(context) / "findings").glob(f"{component}.*.json"))
    sheets = [_read(path) for path in paths]
    findings = [finding for sheet in sheets for finding in sheet.findings]
    skipped = tuple(one for sheet in sheets for one in sheet.skipped)
    return Sheet(findings=settled(findings, ()), skipped=skipped, looked=bool(sheets))


def _read(path: Path) -> Sheet:
    content = json.loads(path.read_text())
    if (content["format"], content["version"]) != (_FORMAT, _VERSION):
        raise InvalidConfiguration(
            f"{path} is of a format that this version does not know",
            fix="remove it; the next run writes it anew",
        )
    rows = ({**row, "severity": Severity(row["severity"])} for row in content["findings"])
    return Sheet(findings=tuple(Finding(**row) for row in rows), skipped=tuple(content["skipped"]))


def counted(findings: Sequence[Finding]) -> str:
    """How many findings there are of each severity, and how many are allowed; in words."""
    told = []
    for severity in Severity:
        number = sum(one.severity is severity and not one.allowed for one in findings)
        if number:
            told.append(f"{number} {severity}")
    allowed = sum(bool(one.allowed) for one in findings)
    return ", ".join([*(told or ["no findings"]), *([f"{allowed} allowed"] if allowed else [])])


def table(findings: Sequence[Finding]) -> list[str]:
    """The findings in aligned columns under a heading; none for no findings."""
    if not findings:
        return []
    rows = [("rule", "severity", "image", "where", "finding", "fix")]
    rows += [
        (
            one.rule,
            str(one.severity),
            one.subject,
            one.place,
            one.what,
            f"allowed: {one.allowed}" if one.allowed else one.fix,
        )
        for one in findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return lines


def conclude(sheets: Sequence[Sheet], what: str) -> str:
    """Print the table into the step's log; returns the summary.

    Raises:
        CheckFailed: a finding is of severity high or above, and not allowed.
    """
    findings = settled((one for sheet in sheets for one in sheet.findings), ())
    skipped = list(dict.fromkeys(one for sheet in sheets for one in sheet.skipped))
    for line in (*table(findings), *(f"skipped: {one}" for one in skipped)):
        journal.current().line(line)
    if faults := [one for one in findings if one.fails]:
        raise CheckFailed(
            f"{what}: {counted(findings)}",
            why="\n" + "\n".join(f"  {line}" for line in table(faults)),
            fix="do as the last column says, or allow it in pipeline.yaml with a reason",
        )
    looked = [one for one in sheets if one.findings or not one.skipped]
    told = [counted(findings)] if looked else []
    told += [f"skipped: {one}" for one in skipped]
    return f"{what}: {'; '.join(told)}"
