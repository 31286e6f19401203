"""The todos."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.deps import AcceptedVersions, ServiceDep
from api.problems import responses
from api.schemas import ClearedOut, PageOut, TodoOut
from todo.models import Todo
from todo.values import TodoChange, TodoDraft, TodoQuery

_INVALID = (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, *_INVALID)
_ONE = (HTTPStatus.NOT_FOUND, *_INVALID)

# The whole path stands here and not in the application: logs and metrics name routes by it.
router = APIRouter(prefix="/api/todos", tags=["todos"])


def _tagged(todo: Todo, response: Response) -> TodoOut:
    response.headers["ETag"] = f'"{todo.version}"'
    return TodoOut.model_validate(todo)


@router.get("", responses=responses(*_INVALID))
def list_todos(query: Annotated[TodoQuery, Query()], service: ServiceDep) -> PageOut:
    """A page of todos, newest first; the order never changes under the reader."""
    return PageOut.model_validate(service.page(query))


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses=responses(*_BODY, HTTPStatus.CONFLICT)
    | {200: {"model": TodoOut, "description": "The same creation was done before."}},
)
def create_todo(
    draft: TodoDraft, service: ServiceDep, request: Request, response: Response
) -> TodoOut:
    """Create a todo. With an `id` the request can be repeated: it makes one todo only."""
    creation = service.create(draft)
    response.status_code = HTTPStatus.CREATED if creation.is_new else HTTPStatus.OK
    response.headers["Location"] = request.app.url_path_for(
        get_todo.__name__, todo_id=creation.todo.id
    )
    return _tagged(creation.todo, response)


# Declared before the routes with an id, which would otherwise take its last part for one.
@router.post("/clear-done", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
def clear_done(service: ServiceDep) -> ClearedOut:
    """Delete every todo that is done."""
    return ClearedOut(deleted=service.clear_done())


@router.get("/{todo_id}", responses=responses(*_ONE))
def get_todo(todo_id: UUID, service: ServiceDep, response: Response) -> TodoOut:
    """One todo, with its version as ETag."""
    return _tagged(service.get(todo_id), response)


@router.patch("/{todo_id}", responses=responses(*_BODY, *_ONE, HTTPStatus.PRECONDITION_FAILED))
def change_todo(
    todo_id: UUID,
    change: TodoChange,
    accepted: AcceptedVersions,
    service: ServiceDep,
    response: Response,
) -> TodoOut:
    """Change the fields that are sent. `version` or If-Match guard against overwriting others."""
    return _tagged(service.change(todo_id, change, accepted), response)


@router.delete(
    "/{todo_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(*_ONE, HTTPStatus.PRECONDITION_FAILED),
)
def delete_todo(todo_id: UUID, accepted: AcceptedVersions, service: ServiceDep) -> None:
    """Delete a todo. If-Match guards against deleting what somebody just changed."""
    service.delete(todo_id, accepted)
