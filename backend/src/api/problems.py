"""Errors as `application/problem+json`. The only place that gives an error its HTTP status."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from api.schemas import FieldError, Problem
from todo import errors
from todo.logs import get_logger

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "2"

STATUS: Mapping[type[errors.TodoError], HTTPStatus] = {
    errors.ConfigurationError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SchemaNotCurrent: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TodoNotFound: HTTPStatus.NOT_FOUND,
    errors.StaleVersion: HTTPStatus.PRECONDITION_FAILED,
    errors.IdTaken: HTTPStatus.CONFLICT,
    errors.InvalidField: HTTPStatus.UNPROCESSABLE_ENTITY,
}

_log = get_logger(__name__)


class ProblemResponse(JSONResponse):
    """A JSON answer that says that it is a problem."""

    media_type = MEDIA_TYPE


def problem_response(
    scope: Mapping[str, Any],
    status: HTTPStatus,
    detail: str,
    *,
    code: str | None = None,
    fields: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """The answer for one error; `scope` is the ASGI scope of the request that failed."""
    problem = Problem(
        type=f"urn:todo:problem:{code or status.phrase.lower().replace(' ', '-')}",
        title=status.phrase,
        status=status,
        detail=detail,
        instance=scope["path"],
        request_id=scope.get("state", {}).get("request_id", ""),
        errors=list(fields),
    )
    return ProblemResponse(problem.model_dump(mode="json"), status, headers)


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Entries of the OpenAPI document for the problems that a route answers with."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        int(status): {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def _todo_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, errors.TodoError)
    status = STATUS[type(error)]
    unavailable = status is HTTPStatus.SERVICE_UNAVAILABLE
    if unavailable:
        _log.warning(error.code, reason=_reason(error.__cause__ or error))
    return problem_response(
        request.scope,
        status,
        str(error),
        code=error.code,
        fields=_named_fields(error),
        headers={"Retry-After": RETRY_AFTER_S} if unavailable else None,
    )


def _reason(error: BaseException) -> str:
    first, *_ = str(error).splitlines() or [type(error).__name__]
    return first


def _named_fields(error: errors.TodoError) -> list[FieldError]:
    if isinstance(error, errors.InvalidField):
        return [FieldError(field=error.field, message=error.message)]
    return []


def _validation_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_field_error(detail) for detail in error.errors()]
    return problem_response(
        request.scope,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "; ".join(f"{field.field}: {field.message}" for field in fields),
        code=errors.InvalidField.code,
        fields=fields,
    )


def _field_error(detail: Mapping[str, Any]) -> FieldError:
    place, *names = detail["loc"]
    named = [name for name in names if isinstance(name, str)]
    message = str(detail["msg"]).removeprefix("Value error, ")
    return FieldError(field=".".join(named) or str(place), message=message)


def _http_error(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request)
    return problem_response(request.scope, status, str(error.detail), headers=headers)


def _allowed_methods(request: Request) -> str:
    # The router tells only the methods of the first route with this path.
    described = request.app.openapi()["paths"].get(request.scope["route"].path, {"get": {}})
    return ", ".join(sorted(method.upper() for method in described))


def _unexpected(request: Request, _error: Exception) -> ProblemResponse:
    # The server logs the error itself with its trace; the caller learns only where to look.
    problem = problem_response(
        request.scope,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here; the log has more under this request id.",
    )
    # This answer is made outside the middleware that adds the header to every other one.
    problem.headers["X-Request-ID"] = request.scope.get("state", {}).get("request_id", "")
    return problem


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(errors.TodoError, _todo_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)
