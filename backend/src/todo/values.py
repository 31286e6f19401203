"""What callers hand to the service: drafts, changes, queries and cursors."""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic.json_schema import SkipJsonSchema

from todo.errors import InvalidField
from todo.text import Notes, SearchWords, Title

PAGE_DEFAULT = 50
PAGE_MAX = 200
VERSION_MAX = 2**31 - 1

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _only_days(value: object) -> object:
    # Left alone, pydantic would read 86400 as the second of January 1970.
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("must be a day as YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_only_days)]
Version = Annotated[int, Field(strict=True, ge=1, le=VERSION_MAX)]
# Defaults are not validated: a field of a change is never null, but it can be left out.
_ABSENT: Any = None


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TodoDraft(_Input):
    """A todo to create. With an `id`, the same draft can be sent again without harm."""

    id: UUID | None = Field(default=None, description="Makes a retried creation harmless.")
    title: Title
    notes: Notes = ""
    due_date: Day | None = None

    def fingerprint(self) -> str:
        """Digest of the content, 64 hex digits; equal drafts have equal fingerprints."""
        content = self.model_dump(mode="json", exclude={"id"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class TodoChange(_Input):
    """The fields to change; what is left out stays as it is, a null `due_date` removes it."""

    title: Title = Field(default=_ABSENT, json_schema_extra=_without_default)
    notes: Notes = Field(default=_ABSENT, json_schema_extra=_without_default)
    done: StrictBool = Field(default=_ABSENT, json_schema_extra=_without_default)
    due_date: Day | None = Field(default=_ABSENT, json_schema_extra=_without_default)
    version: Version = Field(
        default=_ABSENT,
        json_schema_extra=_without_default,
        description="The version that was read; the change is refused when it is stale.",
    )

    def applies_to(self, version: int) -> bool:
        """Whether the caller agrees to change this version."""
        return "version" not in self.model_fields_set or self.version == version

    def fields(self) -> dict[str, Any]:
        """The columns to set, by name; only those that the caller sent."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"version"}}


class Status(StrEnum):
    """Which todos a listing shows."""

    ALL = "all"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True)
class Cursor:
    """Position in a listing: the creation time and id of the last todo that was shown."""

    created_at: datetime
    id: UUID

    def encode(self) -> str:
        """Opaque text, safe in a URL."""
        text = f"{self.created_at.astimezone(UTC).isoformat()}|{self.id.hex}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Inverse of `encode`; raises InvalidField for anything that it did not make."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            plain = base64.b64decode(padded, b"-_", validate=True).decode()
            moment, _, todo_id = plain.partition("|")
            created_at = datetime.fromisoformat(moment)
            if created_at.tzinfo is None:
                raise ValueError("a cursor's time names its zone")
            return cls(created_at.astimezone(UTC), UUID(hex=todo_id))
        except (ValueError, OverflowError, binascii.Error) as error:
            raise InvalidField("cursor", "is not a cursor that this service gave out") from error


class TodoQuery(_Input):
    """A page of the listing, newest first."""

    status: Status = Status.ALL
    q: SearchWords = ""
    cursor: str | SkipJsonSchema[None] = Field(
        default=None,
        max_length=200,
        json_schema_extra=_without_default,
        description="`next_cursor` of the page before.",
    )
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=PAGE_MAX)
