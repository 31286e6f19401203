"""What was asked for over HTTP, as it is shown and kept as evidence: without what is secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.operators.ai_operations.secrecy import HIDDEN, discreet


def shown(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of an operation without what may be secret; pure.

    Of words only what looks like a secret is hidden; of the chart's values every one: which of them
    are secret, only the chart knows.
    """
    return {name: _shown(name, value) for name, value in parameters.items()}


def _shown(name: str, value: Any) -> Any:
    if name == "request":
        return discreet(str(value))
    if name == "values":
        return [f"{one.partition('=')[0]}={HIDDEN}" for one in value]
    return value
