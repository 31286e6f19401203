"""Executions of small steps, and a chain of evidence of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from phaseline.core.files import digest_file, write_atomic
from phaseline.engine import bundle
from phaseline.engine.evidence import Evidence
from phaseline.engine.execution import Call, Execution

DIGEST = "1" * 64


def execution(root: Path, step: str, *, run: str = "run-1", **more: Any) -> Execution:
    """A step that has written `<step>.out` and a log below `root`."""
    log = f".phaseline/runs/{run}/{step}.log"
    write_atomic(root / log, f"$ make {step}\n")
    output = write_atomic(root / f"{step}.out", f"made by {step} in {run}\n")
    now = time.time()
    told: dict[str, Any] = {
        "run": run,
        "step": step,
        "phase": "all",
        "title": f"Step {step}",
        "kind": "make",
        "ending": "done",
        "reason": "never made",
        "summary": "one file",
        "key": DIGEST,
        "parts": {"inputs": {"a.txt": DIGEST}, "settings": {}, "components": []},
        "outputs": {f"{step}.out": digest_file(output)},
        "identity": {},
        "lines": (),
        "calls": (Call(command=f"make {step}", code=0, seconds=0.25),),
        "log": log,
        "error": {},
        "started": now - 1,
        "ended": now,
    }
    return Execution(**told | more)


def chain(root: Path, count: int) -> Evidence:
    """The evidence of `count` steps below `root`."""
    ledger = Evidence(root / ".phaseline", root)
    for number in range(1, count + 1):
        ledger.add([execution(root, f"s{number}")])
    return ledger


def envelopes(root: Path) -> list[bytes]:
    """The envelopes below `root`, in order."""
    return bundle.lines(root / ".phaseline")


def rewrite(root: Path, envelopes: list[bytes]) -> None:
    """Put these in the place of the envelopes below `root`."""
    bundle.place(root / ".phaseline").write_bytes(b"".join(envelopes))
