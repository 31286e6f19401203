"""Kubernetes' quantities as numbers.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re

from phaseline.core.errors import CheckFailed

_FORM = re.compile(r"([+-]?[0-9.]+)(|n|u|m|k|[MGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)")
_FACTORS = {
    **{"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3},
    **{letter: 1000.0**power for power, letter in enumerate("MGTPE", start=2)},
    **{f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)},
}


def quantity(text: str) -> float:
    """A quantity as a number, in its own unit: cores, bytes, pieces.

    Raises:
        CheckFailed: it is none.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise CheckFailed(f"{text!r} is no quantity")
    number, ending = found.groups()
    factor = _FACTORS.get(ending)
    return float(number) * factor if factor else float(number + ending)
