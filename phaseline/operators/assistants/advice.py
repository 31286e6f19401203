"""What an assistant says of a Dockerfile: findings, ratings, a patch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BEST = 10


class Dimension(StrEnum):
    """What a Dockerfile is rated by: the eight dimensions that Docker's Gordon documents."""

    CACHE = "cache"
    SECURITY = "security"
    SIZE = "size"
    BEST_PRACTICE = "best practice"
    MAINTAINABILITY = "maintainability"
    REPRODUCIBILITY = "reproducibility"
    PORTABILITY = "portability"
    RESOURCES = "resources"


class Severity(StrEnum):
    """How much a finding matters, and with `POINTS` what it costs."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


POINTS: Mapping[Severity, int] = {Severity.HIGH: 5, Severity.MEDIUM: 3, Severity.LOW: 1}

Ratings = Mapping[Dimension, int]  # 0 to 10 each


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault of a Dockerfile.

    Attributes:
        rule: stable name, `<dimension>.<fault>`; of a model, `model`.
        line: where it stands, counted from 1; 0 where it is about the whole file.
    """

    rule: str
    dimension: Dimension
    severity: Severity
    line: int
    message: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What one assistant says of one file.

    Attributes:
        assistant: who said it.
        patch: a unified diff of that file alone, which applies to it; empty where none is proposed.
        notes: what was refused, left out or used instead, and why.
    """

    assistant: str
    ratings: Ratings
    findings: tuple[Finding, ...]
    patch: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def total(self) -> int:
        """The sum of the ratings, of 80."""
        return sum(self.ratings.values())


def rate(findings: Iterable[Finding]) -> dict[Dimension, int]:
    """Ten points in each dimension, less what its findings cost; never below 0."""
    lost = dict.fromkeys(Dimension, 0)
    for finding in findings:
        lost[finding.dimension] += POINTS[finding.severity]
    return {dimension: max(0, BEST - lost[dimension]) for dimension in Dimension}
