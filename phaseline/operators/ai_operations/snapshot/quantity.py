"""Amounts of processor time and memory, as Kubernetes writes them.

Format: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

from __future__ import annotations

import math
import re

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3}
_LARGE = {"M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_SUFFIX = {**_BINARY, **_DECIMAL, **_LARGE}
_FORM = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")


def amount(text: str | int | float | None) -> float:
    """A quantity as a number: cores, bytes or pieces; 0 for none.

    Raises:
        ValueError: it is no quantity.
    """
    if text is None:
        return 0.0
    found = _FORM.fullmatch(str(text))
    if found is None or found[2] not in _SUFFIX:
        raise ValueError(f"not a quantity: {text}")
    return float(found[1]) * _SUFFIX[found[2]]


def cores(value: float) -> str:
    """Cores, in thousandths, rounded up."""
    thousandths = math.ceil(round(value * 1000, 6))
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def memory(value: float) -> str:
    """Bytes, in whole Mi, rounded up."""
    mebibytes = math.ceil(round(value / 2**20, 6))
    return f"{mebibytes}Mi" if mebibytes % 1024 else f"{mebibytes // 1024}Gi"


def written(resource: str, value: float) -> str:
    """A value of the resource `cpu`, `memory` or another, as Kubernetes writes it."""
    if resource.endswith("cpu"):
        return cores(value)
    return memory(value) if resource.endswith(("memory", "storage")) else str(math.ceil(value))
