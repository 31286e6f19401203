"""How large the images are, what is found on them, and what building and checking them costs.

    python -m benchmarks.images                  two to three minutes
    python -m benchmarks.images --json           for scripts

Works in a copy of the checkout, which is torn down at the end. The first build takes nothing from
the build cache; base images, wheels and npm packages are cached. Needs a Docker daemon.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys

from benchmarks.deploy import Checkout, changed, checkout
from benchmarks.table import Figure, show
from phaseline.operators.images.build import FRESH
from phaseline.operators.images.checks.finding import Finding, recall
from phaseline.operators.images.checks.rules import Severity
from phaseline.operators.images.model import load_images

BUDGETS = {"backend": 120, "frontend": 40}
ROUNDS = 3


def first_build() -> list[Figure]:
    """From nothing but bases and packages: the whole phase, its checks among it."""
    with checkout({FRESH: "1"}) as copy:
        copy.invoke("setup")
        seconds, _ = copy.invoke("containerize")
    return [Figure("first build with all checks, bases cached", seconds, "s", 60)]


def everyday() -> list[Figure]:
    """Sizes and findings; then nothing changed, and one line changed."""
    with checkout({}) as copy:
        copy.invoke("containerize")
        made = [*sizes(copy), *findings(copy)]
        copy.invoke("containerize")
        calls = builds(copy)
        checks = [edited(copy, number) for number in range(ROUNDS)]
    return [
        *made,
        Figure("build calls when nothing has changed", calls, "calls", 0),
        Figure("one line: looking through the image", median(checks, "T009.backend"), "s", 1.5),
        Figure("one line: trying it out", median(checks, "T010.backend"), "s", 4),
        Figure("one line: the gate", median(checks, "T012"), "s", 0.3),
    ]


def sizes(copy: Checkout) -> list[Figure]:
    """Unpacked bytes of the images that have a promise."""
    images = load_images(copy.context())
    return [
        Figure(f"{name}, unpacked", images[name].size / 1e6, "MB", budget)
        for name, budget in BUDGETS.items()
    ]


def findings(copy: Checkout) -> list[Figure]:
    """How many findings are of severity high or above, allowed or not, and how many of those."""
    context = copy.context()
    every = [one for c in context.components for one in recall(context, c.name).findings]
    grave = [one for one in every if one.severity in (Severity.CRITICAL, Severity.HIGH)]
    return [
        Figure("findings of severity high or above", _count(grave, allowed=False), "findings", 0),
        Figure("such findings allowed, with a reason", _count(grave, allowed=True), "findings", 2),
    ]


def _count(grave: list[Finding], *, allowed: bool) -> int:
    return sum(bool(one.allowed) is allowed for one in grave)


def builds(copy: Checkout) -> int:
    """How often the last run called a builder."""
    last = max((copy.root / ".phaseline/runs").iterdir(), key=lambda run: run.name)
    events = [json.loads(line) for line in (last / "events.jsonl").read_text().splitlines()]
    calls = [call["command"] for event in events for call in event.get("calls") or ()]
    return sum(" build " in call or " run build" in call for call in calls)


def edited(copy: Checkout, number: int) -> dict[str, float]:
    """What each check took after one line of the backend has changed."""
    changed(copy, f"0.0.{number}")
    copy.invoke("containerize")
    return {step: copy.seconds_of(step) for step in ("T009.backend", "T010.backend", "T012")}


def median(rounds: list[dict[str, float]], step: str) -> float:
    """The median of one step's seconds."""
    return statistics.median(seconds[step] for seconds in rounds)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all is torn down
    return show([*first_build(), *everyday()], as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
