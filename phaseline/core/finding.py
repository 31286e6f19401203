"""One thing that was looked at, and whether it is as it must be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phaseline.core.errors import CheckFailed, HostUnfit


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it will do, what was seen, and what to do."""

    name: str
    fit: bool
    seen: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{'ok ' if self.fit else 'NO '} {self.name}: {self.seen}"


def require(
    found: Iterable[Finding], what: str, error: type[HostUnfit | CheckFailed] = HostUnfit
) -> None:
    """See that all of them are fit.

    Raises:
        HostUnfit, or another `error`: one is not; every cause is named with its fix.
    """
    if faults := [one for one in found if not one.fit]:
        raise error(
            what,
            why="; ".join(f"{one.name}: {one.seen}" for one in faults),
            fix="; ".join(dict.fromkeys(one.fix for one in faults if one.fix)),
        )
