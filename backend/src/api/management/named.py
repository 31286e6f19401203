"""Parameters that several routes take, each held to a form before anything is asked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Path
from phaseline.core.finding import Finding
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from pydantic import BaseModel, ConfigDict, Field

from api.management.problems import NotFound

# RFC 1123, as Kubernetes has it.
NAME = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"

ComponentName = Annotated[
    str,
    Path(pattern=NAME, max_length=63, description="As in pipeline.yaml.", examples=["backend"]),
]
ObjectName = Annotated[
    str, Path(pattern=NAME, max_length=253, description="Its name.", examples=["todo-app"])
]

# What routes that read, read one, and change may answer with beside their own.
STATE = (HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
LISTS = STATE
ONE = (*STATE, HTTPStatus.NOT_FOUND)
CHANGES = (*ONE, HTTPStatus.PRECONDITION_FAILED)


class Strict(BaseModel):
    """A request's body: what it does not know, and what is of another type, it refuses."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CheckOut(BaseModel):
    """One thing that was looked at."""

    check: str
    state: str = Field(description="`ok` or `not ok`.")
    seen: str
    fix: str = Field(description="What to do where it is not ok.")


def checks(found: tuple[Finding, ...] | list[Finding]) -> list[CheckOut]:
    """Findings as they are answered; pure."""
    return [
        CheckOut(
            check=one.name,
            state="ok" if one.fit else "not ok",
            seen=one.seen,
            fix="" if one.fit else one.fix,
        )
        for one in found
    ]


def component(context: Context, name: str) -> Component:
    """The component of that name.

    Raises:
        NotFound: there is none.
    """
    for one in context.pipeline.components:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in context.pipeline.components)
    raise NotFound(f"there is no component {name}", fix=f"one of {known}")
