"""A journey: requests to the application whose answers must be as told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from phaseline.core.errors import CheckFailed
from phaseline.core.settings import Journey
from phaseline.tools import web


def travel(journey: Journey, place: str) -> dict[str, str]:
    """Make the requests of `journey` in order at the address `place`; returns what was kept.

    Raises:
        CheckFailed: an answer has another status or lacks an expected field.
        Unreachable: the address does not answer.
    """
    kept: dict[str, str] = {}
    for number, request in enumerate(journey.requests, start=1):
        path = request.path.format(**kept)
        answer = web.request(request.method, urljoin(place, path), _filled(request.json_body, kept))
        fault = ""
        if answer.status != request.status:
            fault = f"answered {answer.status}, expected {request.status}: {answer.text[:300]}"
        elif missing := differing(_filled(request.expect, kept), answer.json):
            fault = f"{missing} in {answer.text[:300]}"
        if fault:
            raise CheckFailed(
                f"{journey.name}: request {number}, {request.method} {path}, went wrong", why=fault
            )
        kept.update({name: str(answer.json[field]) for name, field in request.keep.items()})
    return kept


def differing(expected: Mapping[str, Any], found: Any) -> str:
    """The first expected field that an answer lacks or has otherwise; "" if none."""
    for field, value in expected.items():
        if not isinstance(found, dict) or field not in found:
            return f"no field {field!r}"
        if found[field] != value:
            return f"{field!r} is {found[field]!r}, expected {value!r}"
    return ""


def _filled(value: Any, kept: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**kept)
    if isinstance(value, dict):
        return {key: _filled(inner, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, kept) for inner in value]
    return value
