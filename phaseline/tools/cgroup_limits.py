"""What the processes of a control group may take: set, entered and told, in v1 and v2.

https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max, cpu.weight) and
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html (memory.limit_in_bytes), cpu.shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from phaseline.tools.cgroups import places

_NEUTRAL_WEIGHT = 100  # of v2; in v1 1024 shares
_NEUTRAL_SHARES = 1024
_UNLIMITED = 2**62  # v1 tells the largest number of pages


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a group and what it uses; None where the kernel tells none.

    Attributes:
        memory: bytes at most; None for as many as there are.
        memory_used: bytes, without files that the kernel would drop first.
        weight: the share of the processors when all want them; 100 is that of any group.
        processor_seconds: used so far.
    """

    memory: int | None
    memory_used: int | None
    weight: int | None
    processor_seconds: float | None


def set_limits(name: str, *, memory: int, weight: int) -> None:
    """Limit the group `name`, which exists: bytes of memory, and a weight from 1 to 10000."""
    wanted = {
        "memory.max": str(memory),
        "memory.limit_in_bytes": str(memory),
        "cpu.weight": str(weight),
        "cpu.shares": str(max(2, weight * _NEUTRAL_SHARES // _NEUTRAL_WEIGHT)),
    }
    for own in places(name):
        for setting, value in wanted.items():
            if (own / setting).exists():
                (own / setting).write_text(value)


def enter(name: str, process: int) -> None:
    """Move a process, and with it all that it starts later, into the group `name`."""
    for own in places(name):
        (own / "cgroup.procs").write_text(str(process))


def read_limits(name: str) -> Limits:
    """The limits of the group `name`; all None where there is no such group."""
    told: dict[str, str] = {}
    for own in places(name):
        for setting in _ASKED:
            if (own / setting).exists():
                told[setting] = (own / setting).read_text()
    return interpret(told)


_ASKED = (
    *("memory.max", "memory.current", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    *("memory.stat", "cpu.weight", "cpu.shares", "cpu.stat", "cpuacct.usage"),
)


def interpret(told: Mapping[str, str]) -> Limits:
    """What the files of a group, by name, say; pure."""
    most = _number(told, "memory.max", "memory.limit_in_bytes")
    used = _number(told, "memory.current", "memory.usage_in_bytes")
    stat = _table(told.get("memory.stat", ""))
    droppable = stat.get("total_inactive_file", stat.get("inactive_file", 0))
    shares = _number(told, "cpu.shares")
    weight = _number(told, "cpu.weight")
    if weight is None and shares is not None:
        weight = shares * _NEUTRAL_WEIGHT // _NEUTRAL_SHARES
    return Limits(
        memory=None if most is None or most > _UNLIMITED else most,
        memory_used=None if used is None else max(0, used - droppable),
        weight=weight,
        processor_seconds=_seconds(told),
    )


def _seconds(told: Mapping[str, str]) -> float | None:
    if (nanoseconds := _number(told, "cpuacct.usage")) is not None:
        return nanoseconds / 1e9
    microseconds = _table(told.get("cpu.stat", "")).get("usage_usec")
    return None if microseconds is None else microseconds / 1e6


def _number(told: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        if (text := told.get(name, "").strip()).isdecimal():
            return int(text)
    return None


def _table(text: str) -> dict[str, int]:
    rows = (line.split() for line in text.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdecimal()}


def own_memory(proc: Path = Path("/proc/self/cgroup")) -> int | None:
    """The least bytes of memory that any group above us allows; None for no limit."""
    found = [
        limit
        for line in proc.read_text().splitlines()
        if (limit := _least(line.split(":", 2))) is not None
    ]
    return min(found, default=None)


def _least(line: list[str]) -> int | None:
    number, controllers, path = line
    if number != "0" and "memory" not in controllers.split(","):
        return None
    own = Path(path)
    limits = [read_limits(str(group)).memory for group in (own, *own.parents)]
    return min((one for one in limits if one is not None), default=None)
