"""Version numbers as tuples, and spans of them that fit."""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, ...]

NUMBER = r"(\d+)\.(\d+)(?:\.(\d+))?"


def parse(text: str, pattern: str = NUMBER) -> Version | None:
    """The first version that `pattern` finds in `text`; its groups are the numbers."""
    found = re.search(pattern, text)
    return tuple(int(part) for part in found.groups() if part is not None) if found else None


def show(version: Version) -> str:
    """`(1, 36, 3)` as `1.36.3`."""
    return ".".join(str(part) for part in version)


@dataclass(frozen=True)
class Span:
    """Versions from `at_least` up to, not including, `below`; an empty tuple is no bound."""

    at_least: Version = ()
    below: Version = ()

    def admits(self, version: Version) -> bool:
        """Whether `version` lies in the span."""
        return version >= self.at_least and (not self.below or version < self.below)

    def __str__(self) -> str:
        bounds = [f"at least {show(self.at_least)}"] if self.at_least else []
        bounds += [f"below {show(self.below)}"] if self.below else []
        return ", ".join(bounds) or "any"


ANY = Span()
