"""Long work: accepted at once, carried out by a process of its own, watched and cancelled here."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from phaseline.engine import operations
from phaseline.engine.operations import ENDED, State
from phaseline.operators.asked import shown
from pydantic import BaseModel, ConfigDict, Field

from api.management.pages import Page, PagingDep, page
from api.management.problems import Busy, NotFound, responses
from api.management.runtime import ContextDep, Runtime
from api.management.tags import tagged

EVENTS = "text/event-stream"
_LOOKS_EVERY = 0.25
_SIGN_OF_LIFE = 15.0
_EXAMPLE = "20270101T120000-0123abcd"
_STARTED: dict[str, Any] = {
    "id": _EXAMPLE,
    "kind": "app.scale",
    "parameters": {"component": "backend", "replicas": 3},
    "state": "running",
    "by": "operator 127.0.0.1",
    "created": "2027-01-01T12:00:00+00:00",
    "started": "2027-01-01T12:00:01+00:00",
    "ended": None,
    "cancelling": False,
    "result": None,
    "error": None,
}

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._:-]{0,100}$",
        description="Chosen by the client: asked again with it, the same operation is meant.",
        examples=["3f1c2e0a-scale-backend"],
    ),
]
OperationId = Annotated[
    str, Path(max_length=40, description="The operation's ID.", examples=[_EXAMPLE])
]


class Fault(BaseModel):
    """Why an operation failed."""

    code: str
    what: str
    why: str
    fix: str


class OperationOut(BaseModel):
    """Long work, as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STARTED]})

    id: str
    kind: str = Field(description="The Invoke task that does the same.")
    parameters: dict[str, Any]
    state: State
    by: str = Field(description="The role and the address of who asked.")
    created: datetime
    started: datetime | None
    ended: datetime | None
    cancelling: bool = Field(description="It was told to end.")
    result: Any = Field(description="What it came to; null before its end, and where it failed.")
    error: Fault | None


router = APIRouter(prefix="/operations", tags=["operations"])
_ONE = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)

# What every route that accepts long work answers with.
ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": OperationOut,
        "description": "Accepted; `Location` is where its progress is told.",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "links": {
            "operation": {
                "operationId": "get_operation",
                "parameters": {"operation_id": "$response.body#/id"},
            },
            "cancel": {
                "operationId": "cancel_operation",
                "parameters": {"operation_id": "$response.body#/id"},
            },
        },
    }
}


def begin(
    runtime: Runtime,
    request: Request,
    kind: str,
    parameters: Mapping[str, Any],
    key: str,
) -> Response:
    """Accept one operation, and have its process started; asked again, only tell of it.

    Raises:
        Busy: too many have not ended yet.
        InvalidConfiguration: the key was given to another one.
    """
    state = runtime.workspace.context.state
    _require_room(state, runtime.limits.unfinished)
    client = request.client.host if request.client else "unknown"
    by = f"{request.state.role} {client}"
    made, is_new = operations.create(state, kind, parameters, by=by, key=key)
    if is_new:
        runtime.launch(made.id)
    found = _require(state, made.id)
    location = str(request.app.url_path_for(get_operation.__name__, operation_id=made.id))
    return Response(
        found.model_dump_json(),
        HTTPStatus.ACCEPTED,
        {"Location": location},
        media_type="application/json",
    )


def _require_room(state: Any, most: int) -> None:
    unfinished = 0
    for id in operations.ids(state)[: most * 4]:
        found = operations.find(state, id)
        unfinished += bool(found and found.state not in ENDED)
    if unfinished >= most:
        raise Busy(f"{unfinished} operations have not ended yet", fix="wait, or cancel one")


def told(found: operations.Operation) -> OperationOut:
    """An operation as it is answered."""
    return OperationOut(
        id=found.request.id,
        kind=found.request.kind,
        parameters=shown(found.request.parameters),
        state=found.state,
        by=found.request.by,
        created=_when(found.request.created),
        started=None if found.started is None else _when(found.started),
        ended=None if found.ended is None else _when(found.ended),
        cancelling=found.cancelling,
        result=found.result,
        error=Fault(**found.error) if found.error else None,
    )


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _require(state: Any, id: str) -> OperationOut:
    found = operations.find(state, id)
    if found is None:
        raise NotFound(f"there is no operation {id}", fix="GET /api/v1/operations lists them")
    return told(found)


@router.get("", response_model=Page[OperationOut])
def list_operations(
    request: Request,
    context: ContextDep,
    paging: PagingDep,
) -> Response:
    """All operations that are kept, the youngest first."""
    listed, cursor = page(operations.ids(context.state), str, paging, newest_first=True)
    found = [told(one) for id in listed if (one := operations.find(context.state, id))]
    return tagged(request, Page(items=found, next_cursor=cursor))


@router.get(
    "/{operation_id}",
    operation_id="get_operation",
    response_model=OperationOut,
    responses=responses(*_ONE),
)
def get_operation(operation_id: OperationId, request: Request, context: ContextDep) -> Response:
    """One operation: its state, and at its end its result or its error."""
    return tagged(request, _require(context.state, operation_id))


@router.post(
    "/{operation_id}/cancel",
    operation_id="cancel_operation",
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(*_ONE),
)
def cancel_operation(operation_id: OperationId, context: ContextDep) -> OperationOut:
    """Tell an operation to end, as Ctrl-C would; of one that has ended nothing changes."""
    if _require(context.state, operation_id).state not in ENDED:
        operations.cancel(context.state, operation_id)
    return _require(context.state, operation_id)


@router.get(
    "/{operation_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {EVENTS: {"schema": {"type": "string"}}}, "description": "Events."},
        **responses(*_ONE),
    },
)
async def operation_events(
    operation_id: OperationId,
    context: ContextDep,
    last: Annotated[
        str,
        Header(alias="Last-Event-ID", pattern=r"^[0-9]{0,9}$", description="Go on after this one."),
    ] = "",
    follow: Annotated[bool, Query(description="Wait for what comes; else tell what is.")] = True,
) -> StreamingResponse:
    """What happens, as server-sent events: `started`, `run`, `progress`, `ended`."""
    _require(context.state, operation_id)
    stream = _stream(context.state, operation_id, int(last or 0), follow)
    return StreamingResponse(stream, media_type=EVENTS, headers={"Cache-Control": "no-store"})


async def _stream(state: Any, id: str, after: int, follow: bool) -> AsyncIterator[str]:
    spoke = time.monotonic()
    while True:
        found = await to_thread.run_sync(operations.find, state, id)
        for one in await to_thread.run_sync(operations.events, state, id, after):
            after, spoke = one["number"], time.monotonic()
            yield event(one["event"], one, str(after))
        if not follow or found is None or found.state in ENDED:
            return
        if time.monotonic() - spoke > _SIGN_OF_LIFE:
            spoke = time.monotonic()
            yield ": still here\n\n"
        await anyio.sleep(_LOOKS_EVERY)


def event(name: str, data: Mapping[str, Any], id: str) -> str:
    """One server-sent event; pure."""
    return f"id: {id}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
