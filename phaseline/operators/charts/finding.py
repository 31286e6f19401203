"""What a check of the chart found wrong: which object, what about it, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from phaseline.core.errors import CheckFailed


@dataclass(frozen=True, order=True)
class Finding:
    """One fault. `subject` is an object (`Deployment/web`) or a file of the chart."""

    subject: str
    problem: str
    fix: str


def refuse(findings: Sequence[Finding], what: str) -> None:
    """Nothing, when there are no findings.

    Raises:
        CheckFailed: with all findings as a table.
    """
    if findings:
        count = f"{len(findings)} fault" + ("s" if len(findings) > 1 else "")
        raise CheckFailed(
            f"{what}: {count}",
            why="\n" + table(findings),
            fix="correct the templates or values as the last column says",
        )


def table(findings: Sequence[Finding]) -> str:
    """The findings in aligned columns under a heading, sorted, each once."""
    head = Finding("object", "fault", "fix")
    rows = [head, *sorted(set(findings))]
    first, second = (
        max(len(getattr(row, name)) for row in rows) for name in ("subject", "problem")
    )
    return "\n".join(
        f"  {row.subject:<{first}}  {row.problem:<{second}}  {row.fix}" for row in rows
    )
