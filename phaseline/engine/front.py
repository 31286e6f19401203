"""Which steps have nothing left to wait for. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence


class Front:
    """The steps of a run in the order in which they can start.

    Args:
        names: of the steps, in an order in which they could run.
        waits_for: the steps that must have ended before each; those not in `names` are there.

    Attributes:
        ready: those that can start; whoever starts one takes it out.
        held_up: how many wait for nothing but steps that have worked, to be kept.
    """

    def __init__(self, names: Sequence[str], waits_for: Mapping[str, Sequence[str]]) -> None:
        self.ready: deque[str] = deque()
        self.held_up = 0
        self._left: dict[str, int] = {}  # how many steps each still waits for
        self._open: dict[str, int] = {}  # how many of these have not even worked
        self._worked: set[str] = set()
        self._after: dict[str, list[str]] = {}  # who waits for each
        among = frozenset(names)
        for name in names:
            before = [one for one in waits_for[name] if one in among]
            self._left[name] = self._open[name] = len(before)
            for one in before:
                self._after.setdefault(one, []).append(name)
            if not before:
                self.ready.append(name)

    def worked(self, name: str) -> None:
        """It has worked, and ends as soon as that is kept."""
        if name in self._worked:
            return
        self._worked.add(name)
        for one in self._after.get(name, ()):
            self._open[one] -= 1
            self.held_up += not self._open[one]

    def ended(self, name: str) -> None:
        """What waits for nothing else can start now."""
        self.worked(name)
        for one in self._after.get(name, ()):
            self._left[one] -= 1
            if not self._left[one]:
                self.held_up -= 1
                self.ready.append(one)
