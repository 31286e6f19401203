"""A plan as it is shown, printed and kept: without what it makes secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.execution.difference import hidden
from phaseline.operators.ai_operations.plans.model import Create, Operation, Patch, Plan
from phaseline.operators.ai_operations.secrecy import HIDDEN, discreet

_FIELDS = ("data", "stringData")


def request(plan: Plan) -> str:
    """The words, without the values that go into Secrets and what looks like a secret."""
    return words(plan.request, [v for one in plan.operations for v in _values(one)])


def words(text: str, secrets: list[str]) -> str:
    """A request without these values, and without what looks like a secret."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, HIDDEN) if value else text
    return discreet(text)


def operations(plan: Plan) -> list[dict[str, Any]]:
    """The operations as plain values."""
    return [_shown(one) for one in plan.operations]


def _shown(one: Operation) -> dict[str, Any]:
    content = one.model_dump(mode="json")
    for field in ("manifest", "patch"):
        if field in content:
            told = hidden({"kind": one.target.kind, **content[field]})
            content[field] = {name: told[name] for name in content[field]}
    return content


def _values(one: Operation) -> Iterator[str]:
    if one.target.kind != "Secret":
        return
    content = (
        one.manifest if isinstance(one, Create) else one.patch if isinstance(one, Patch) else {}
    )
    for field in _FIELDS:
        yield from (str(value) for value in (content.get(field) or {}).values())
