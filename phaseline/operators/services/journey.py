"""A journey: requests to the application whose answers must be as told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin

from phaseline.core.errors import CheckFailed, Unreachable
from phaseline.core.settings import PLACEHOLDER, Journey
from phaseline.tools import web

_GATEWAYS = frozenset({502, 503, 504})  # what a proxy says when a pod is not there (yet)


def travel(journey: Journey, place: str) -> dict[str, Any]:
    """Make the requests of `journey` in order at the address `place`; returns what was kept.

    Raises:
        CheckFailed: an answer has another status or lacks a field that is expected or to be kept.
        Unreachable: the address does not answer, or a gateway says so of what is behind it before
            anything was done.
    """
    kept: dict[str, Any] = {}
    for number, request in enumerate(journey.requests, start=1):
        path = _replaced(request.path, kept)
        answer = web.request(request.method, urljoin(place, path), _filled(request.json_body, kept))
        if number == 1 and answer.status in _GATEWAYS - {request.status}:
            raise Unreachable(f"{place} does not serve yet", why=answer.text[:300])
        fault = ""
        if answer.status != request.status:
            fault = f"answered {answer.status}, expected {request.status}: {answer.text[:300]}"
        elif missing := differing(_filled(request.expect, kept), answer.json):
            fault = f"{missing} in {answer.text[:300]}"
        elif lacking := _lacking(request.keep.values(), answer.json):
            fault = f"no field {lacking!r} to keep in {answer.text[:300]}"
        if fault:
            raise CheckFailed(
                f"{journey.name}: request {number}, {request.method} {path}, went wrong", why=fault
            )
        kept.update({name: answer.json[field] for name, field in request.keep.items()})
    return kept


def differing(expected: Mapping[str, Any], found: Any) -> str:
    """The first expected field that an answer lacks or has otherwise; "" if none."""
    for field, value in expected.items():
        if not isinstance(found, dict) or field not in found:
            return f"no field {field!r}"
        if found[field] != value:
            return f"{field!r} is {found[field]!r}, expected {value!r}"
    return ""


def _lacking(fields: Iterable[str], found: Any) -> str:
    there = found if isinstance(found, dict) else {}
    return next((field for field in fields if field not in there), "")


def _replaced(text: str, kept: Mapping[str, Any]) -> str:
    return re.sub(PLACEHOLDER, lambda mark: str(kept.get(mark[1], mark[0])), text)


def _filled(value: Any, kept: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        whole = re.fullmatch(PLACEHOLDER, value)
        # alone, what was kept stays the number or truth value that it is
        return kept[whole[1]] if whole and whole[1] in kept else _replaced(value, kept)
    if isinstance(value, dict):
        return {key: _filled(inner, kept) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, kept) for inner in value]
    return value
