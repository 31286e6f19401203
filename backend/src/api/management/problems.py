"""Errors as `application/problem+json` (RFC 9457), each with what to do. The only place that gives
an error its HTTP status.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from phaseline.core import errors
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "2"

# By the nearest class that is listed; what the machine or the cluster is not ready for is a
# conflict with their state, and no fault of this server.
STATUS: Mapping[type, HTTPStatus] = {
    errors.InvalidConfiguration: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TimedOut: HTTPStatus.GATEWAY_TIMEOUT,
    errors.Unreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.PhaselineError: HTTPStatus.CONFLICT,
}

_log = logging.getLogger(__name__)


class NotFound(errors.Fatal):
    """There is nothing of that name."""

    code = "not-found"


class Stale(errors.Fatal):
    """What If-Match names is not what is there now."""

    code = "precondition-failed"


class Busy(errors.Retryable):
    """There is more to do than this server takes."""

    code = "too-many-requests"


_OWN: Mapping[type, HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    Busy: HTTPStatus.TOO_MANY_REQUESTS,
}
_RETRY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


class FieldError(BaseModel):
    """One thing wrong with a request."""

    field: str = Field(description="Name of the field, parameter or header; `body` for the whole.")
    message: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:phaseline:problem:check-failed",
                    "title": "Conflict",
                    "status": 409,
                    "detail": "this workspace has no cluster",
                    "cause": "",
                    "fix": "run `invoke cluster`",
                    "instance": "/api/v1/services",
                    "errors": [],
                }
            ]
        }
    )

    type: str = Field(description="Stable: `urn:phaseline:problem:` and the code.")
    title: str
    status: int
    detail: str = Field(description="What happened.")
    cause: str = Field(default="", description="Why, as near to the source as it could be had.")
    fix: str = Field(default="", description="What to do; empty when nothing is known.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldError] = Field(default_factory=list)


def problem(
    path: str,
    status: HTTPStatus,
    detail: str,
    *,
    code: str = "",
    cause: str = "",
    fix: str = "",
    fields: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer for one error."""
    told = Problem(
        type=f"urn:phaseline:problem:{code or status.phrase.lower().replace(' ', '-')}",
        title=status.phrase,
        status=status,
        detail=detail,
        cause=cause,
        fix=fix,
        instance=path,
        errors=list(fields),
    )
    more = {"Retry-After": RETRY_AFTER_S} if status in _RETRY else {}
    content = told.model_dump(mode="json")
    return JSONResponse(content, status, {**more, **(headers or {})}, media_type=MEDIA_TYPE)


def status_of(error: errors.PhaselineError) -> HTTPStatus:
    """The status of an error of ours, by the nearest of its classes that has one; pure."""
    known = {**STATUS, **_OWN}
    return next(known[one] for one in type(error).__mro__ if one in known)


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Entries of the OpenAPI document for the problems that routes answer with."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.PhaselineError)
    return problem(
        request.url.path,
        status_of(error),
        error.what,
        code=error.code,
        cause=error.why,
        fix=error.fix,
    )


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_field(one) for one in error.errors()]
    return problem(
        request.url.path,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "; ".join(f"{one.field}: {one.message}" for one in fields),
        code=errors.InvalidConfiguration.code,
        fix="correct the request; /api/v1/openapi.json tells what it takes",
        fields=fields,
    )


def _field(told: Mapping[str, Any]) -> FieldError:
    place, *names = told["loc"]
    named = [str(name) for name in names if isinstance(name, str)]
    return FieldError(field=".".join(named) or str(place), message=told["msg"])


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return problem(request.url.path, status, error.detail, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("a defect, asked for %s", request.url.path, exc_info=error)
    return problem(
        request.url.path,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "this is a defect of phaseline",
        fix="what the server has printed tells where",
    )


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(errors.PhaselineError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
