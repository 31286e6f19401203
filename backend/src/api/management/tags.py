"""Entity tags: what was read is not sent twice, and a change can insist on what was read."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel, WithJsonSchema

from api.management.problems import Stale

_TAG = r'(W/)?"[!#-~]*"'
_TAGS = rf"^(\*|{_TAG}( *, *{_TAG})*)$"
_EACH = re.compile(r'(?:W/)?("[!#-~]*")')

IfMatch = Annotated[
    str | None,
    Header(pattern=_TAGS, description="The ETag that was read: nothing is done if it is another."),
    # spelled out, because a header cannot be null although it can be left out
    WithJsonSchema({"type": "string", "pattern": _TAGS, "examples": ['"0123456789abcdef"']}),
]


def tag_of(found: BaseModel) -> str:
    """The ETag of what is told; pure."""
    return f'"{hashlib.sha256(_body(found)).hexdigest()[:32]}"'


def tagged(request: Request, found: BaseModel) -> Response:
    """`found` with its ETag; without a body if the client has it already."""
    headers = {"ETag": tag_of(found), "Cache-Control": "no-cache"}
    if _names(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(_body(found), headers=headers, media_type="application/json")


def require_match(given: str | None, found: BaseModel) -> None:
    """See that what is to be changed is what was read.

    Raises:
        Stale: it is not.
    """
    if given is not None and not _names(given, tag_of(found)):
        raise Stale(
            "If-Match: what is there now is not what was read", fix="read it again, and decide anew"
        )


def _names(header: str, tag: str) -> bool:
    return header == "*" or tag in _EACH.findall(header)


def _body(found: BaseModel) -> bytes:
    return found.model_dump_json().encode()
