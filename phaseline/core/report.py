"""What operators and probes answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """What a step has done.

    Attributes:
        summary: half a line for the table.
        identity: names of the live things that now exist (image ID, release revision, cluster
            UID). Dependents are redone when it changes. Empty for steps that change nothing live.
        lines: what the user should read at the end of every run, such as addresses; nothing else.
    """

    summary: str
    identity: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Whether a step's effect still stands in the real world, and what was seen.

    Attributes:
        identity: names of the live things as they are now, as far as the probe asked for them.
            One that is not as the step left it was altered by somebody, and the step runs again.
    """

    stands: bool
    seen: str
    identity: Mapping[str, str] = field(default_factory=dict)
