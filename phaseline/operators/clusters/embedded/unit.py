"""One supervised process of the node, as all of them are started."""

from __future__ import annotations

from pathlib import Path

from phaseline.operators.clusters.embedded.layout import INSIDE
from phaseline.process.supervisor import Unit


def unit(name: str, program: str | Path, *flags: str, after: str = "", ready: str = "") -> Unit:
    """The unit `name`, with a log of that name.

    Args:
        after: names of the units that must be ready before it starts.
        ready: as `Unit` has it.
    """
    return Unit(
        name=name,
        argv=[str(program), *flags],
        log=str(INSIDE / "logs" / f"{name}.log"),
        ready=ready,
        after=after.split(),
        env={"HOME": "/run", "TMPDIR": "/run"},  # ends with the node, keys in files included
    )
