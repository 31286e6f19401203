"""What an analysis finds: one thing to know about one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from phaseline.operators.ai_operations.snapshot.objects import Ref

if TYPE_CHECKING:
    from phaseline.operators.ai_operations.snapshot.model import Snapshot


class Severity(IntEnum):
    """How bad it is."""

    HINT = 1  # untidy, or may be meant so
    LOW = 2  # not as is usually advised
    MEDIUM = 3  # will hurt when something else happens
    HIGH = 4  # dangerous as it is
    CRITICAL = 5  # does not work now

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        code: short and stable; advice: what to do, "" where `what` says it.
        evidence: what was seen, for faults.
    """

    code: str
    severity: Severity
    subject: Ref
    what: str
    advice: str = ""
    evidence: tuple[str, ...] = ()


Check = Callable[["Snapshot", str], Iterator[Finding]]
