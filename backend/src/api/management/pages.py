"""Lists in pages: each goes on after the last item of the one before, whatever came in between."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from phaseline.core.errors import InvalidConfiguration
from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Part of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")


class Paging(BaseModel):
    """Which part of a list is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=1000, description="How many items at most.")
    cursor: str = Field(
        default="", max_length=500, description="`next_cursor` of the page before this one."
    )


PagingDep = Annotated[Paging, Query()]


def page(
    items: Iterable[T], key: Callable[[T], str], paging: Paging, *, newest_first: bool = False
) -> tuple[list[T], str | None]:
    """The items after the cursor in the order of their keys, and the next page's cursor; pure.

    Raises:
        InvalidConfiguration: the cursor is none that was given out.
    """
    ordered = sorted(items, key=key, reverse=newest_first)
    if paging.cursor:
        last = _decoded(paging.cursor)
        ordered = [one for one in ordered if (key(one) < last if newest_first else key(one) > last)]
    found = ordered[: paging.limit]
    more = len(ordered) > len(found)
    return found, _encoded(key(found[-1])) if more else None


def _encoded(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise InvalidConfiguration(
            "cursor: it is none that was given out", fix="leave it out for the first page"
        ) from error
