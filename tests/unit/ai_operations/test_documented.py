"""What is understood is what docs/requests.md lists."""

from __future__ import annotations

from pathlib import Path

from phaseline.operators.ai_operations.planner.intents import INTENTS

DOCUMENT = Path(__file__).parents[3] / "docs/requests.md"


def test_each_intent_is_listed_with_its_first_example() -> None:
    table = DOCUMENT.read_text().partition("| intent | such as |\n|---|---|\n")[2]
    assert table == "".join(f"| {one.name} | `{one.examples[0]}` |\n" for one in INTENTS)
