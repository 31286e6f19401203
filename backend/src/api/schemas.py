"""What the routes answer with."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class TodoOut(BaseModel):
    """A todo as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    notes: str
    done: bool
    due_date: date | None
    version: int = Field(description="Rises with every change; also the ETag.")
    created_at: datetime
    updated_at: datetime


class PageOut(BaseModel):
    """Part of the listing, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[TodoOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")


class ClearedOut(BaseModel):
    """What clearing the done todos did."""

    deleted: int


class HealthOut(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class ReadyOut(BaseModel):
    """The database answers and has the schema of this release."""

    status: Literal["ready"] = "ready"


class VersionOut(BaseModel):
    """Which build answers."""

    version: str
    revision: str


class FieldError(BaseModel):
    """One thing wrong with a request."""

    field: str = Field(description="Name of the field, parameter or header; `body` for the whole.")
    message: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str = Field(description="Stable: `urn:todo:problem:` and the code.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    request_id: str
    errors: list[FieldError] = Field(default_factory=list)
