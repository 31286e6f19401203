"""Cutting runs off, and what they had begun meanwhile."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.deployment.workspace import Running


def children(running: Running) -> list[psutil.Process]:
    """What a run works with; the node and the Docker daemon are meant to stay."""
    found = psutil.Process(running.process.pid).children(recursive=True)
    return [one for one in found if not _stays(one)]


def _stays(process: psutil.Process) -> bool:
    try:
        own = Path("/proc/self/ns/pid").readlink()
        inside = Path(f"/proc/{process.pid}/ns/pid").readlink() != own
        return inside or any("phaseline.process.supervisor" in word for word in process.cmdline())
    except (OSError, psutil.NoSuchProcess):
        return False


@dataclass(frozen=True)
class Moment:
    """When a run is cut off: as soon as one of these is reached.

    Attributes:
        seconds: since its start; steps: that stand by then, of the whole deployment.
        sealed: not when the last of these steps has ended, but when the next evidence is there: its
            record may be, or not.
        everything: the programs of the run are killed in the same instant; else only the run is,
            and the kernel ends what it has started.
    """

    seconds: float
    steps: int
    sealed: bool
    everything: bool

    def __str__(self) -> str:
        when = "at the next evidence after" if self.sealed else "after"
        whom = "the run and its programs" if self.everything else "the run"
        return f"{whom}, {when} {self.steps} steps or {self.seconds:.2f} s"


def moments(seed: str, count: int, *, seconds: float, steps: int) -> Iterator[Moment]:
    """`count` instants, uniform over a deployment that takes so long and has so many steps.

    Each is met by the clock or by the steps that have ended, as the dice fall. None lies behind
    the last but one step, so that each run is cut off.
    """
    dice = random.Random(seed)  # noqa: S311 - it is to repeat itself
    parts = sorted(dice.random() for _ in range(count))
    for before, part in zip([0.0, *parts], parts, strict=False):
        by_clock = dice.random() < 0.5
        yield Moment(
            seconds=(part - before) * seconds + dice.random() if by_clock else 2 * seconds,
            steps=steps - 2 if by_clock else min(round(part * steps), steps - 2),
            sealed=not by_clock and dice.random() < 0.5,
            everything=dice.random() < 0.5,
        )


@dataclass
class Ended:
    """The steps of a run that have ended well, read from its events as they are written."""

    events: Callable[[], Path | None]

    def now(self) -> dict[str, str]:
        """How each ended: `done` or `fresh`."""
        path = self.events()
        lines = path.read_text().splitlines() if path and path.exists() else []
        found = {}
        for line in lines:
            with suppress(ValueError):  # the last may be half written
                event = json.loads(line)
                if event["event"] == "step-ended" and event["ending"] in ("done", "fresh"):
                    found[event["step"]] = event["ending"]
        return found


def ended_in(running: Running) -> Ended:
    """What has ended in the run that `running` has begun."""

    def path() -> Path | None:
        new = [one for one in running.logs.glob("*") if one not in running.known_logs]
        return new[0] / "events.jsonl" if new else None

    return Ended(path)
