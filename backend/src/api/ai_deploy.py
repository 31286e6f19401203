"""T035: operations asked for in words. What they come to is shown as a plan with a hash; nothing
is changed until that hash is approved, and then only what has it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from phaseline.core.workspace import Context
from phaseline.engine import operations
from phaseline.engine.operations import State
from pydantic import BaseModel, ConfigDict, Field

from api.management.named import ONE, Strict
from api.management.operations import (
    ACCEPTED,
    IdempotencyKey,
    OperationId,
    OperationOut,
    begin,
    told,
)
from api.management.problems import NotFound, Stale, responses
from api.management.runtime import ContextDep, RuntimeDep
from api.management.tags import tagged

_NAMESPACE = r"^$|^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
_KIND = "ai.ask"


class Question(Strict):
    """What is asked for."""

    request: str = Field(min_length=1, max_length=4000, pattern=r"\S", examples=["scale web to 3"])
    namespace: str = Field(
        default="",
        max_length=63,
        pattern=_NAMESPACE,
        description="The one that is meant where the words name none.",
        examples=["shop"],
    )
    assistant: Literal["auto", "rules"] = "auto"


class Approval(Strict):
    """The plan that is approved."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="As it was shown.")


class PlanOut(BaseModel):
    """What a request was taken to mean, and what it would change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "20270101T120000-0123abcd",
                    "state": "succeeded",
                    "request": "scale web to 3",
                    "reading": "Deployment/web in shop gets 3 replicas",
                    "explanation": [],
                    "diff": ["PATCH Deployment/web in shop", "  - replicas: 1", "  + replicas: 3"],
                    "hash": "0" * 64,
                    "operations": [],
                    "outcome": "nothing was changed: a dry run",
                }
            ]
        }
    )

    id: str = Field(description="Of the plan, and of the operation that makes it.")
    state: State
    request: str
    reading: str
    explanation: list[str] = Field(description="An answer to read.")
    diff: list[str] = Field(description="What would change, as the API server's dry run has it.")
    hash: str = Field(description="Approve this; empty where nothing is to be changed.")
    operations: list[dict[str, Any]]
    outcome: str


class Place(Strict):
    """Where to look."""

    namespace: str = Field(
        default="",
        max_length=63,
        pattern=_NAMESPACE,
        description="Empty: for an analysis everywhere, for sizes the application's own.",
        examples=["shop"],
    )


router = APIRouter(prefix="/ai", tags=["ai"])


@router.post(
    "/plans", status_code=HTTPStatus.ACCEPTED, response_model=OperationOut, responses=ACCEPTED
)
def ask(
    wanted: Question, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """Have words read and rehearsed; as `invoke ai --dry-run`. Nothing is changed."""
    return begin(runtime, request, _KIND, {**wanted.model_dump(), "dry_run": True}, key)


@router.get("/plans/{operation_id}", response_model=PlanOut, responses=responses(*ONE))
def get_plan(operation_id: OperationId, request: Request, context: ContextDep) -> Response:
    """A plan: what it was taken to mean, what would change, and its hash."""
    return tagged(request, _plan(_require(context, operation_id)))


@router.post(
    "/plans/{operation_id}/approval",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*ONE, HTTPStatus.PRECONDITION_FAILED)},
)
def approve(
    operation_id: OperationId, wanted: Approval, request: Request, runtime: RuntimeDep
) -> Response:
    """Have the plan of this hash carried out, once, verified, or put back; as `invoke ai`.

    It is made anew first, and refused if the cluster has changed so that it is another one.
    """
    found = _require(runtime.workspace.context, operation_id)
    plan = _plan(found)
    if not plan.hash or plan.hash != wanted.hash:
        raise Stale("hash: this is not the hash of the plan", fix="read the plan again")
    asked = {**found.request.parameters, "dry_run": False, "hash": wanted.hash}
    # by the plan's own name: a plan is carried out once, however often it is approved
    return begin(runtime, request, _KIND, asked, f"approval:{operation_id}")


@router.post(
    "/analyses", status_code=HTTPStatus.ACCEPTED, response_model=OperationOut, responses=ACCEPTED
)
def analyse(
    wanted: Place, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """What is wrong in the cluster, and what could be better; as `invoke ai.analyze`."""
    return begin(runtime, request, "ai.analyze", wanted.model_dump(), key)


@router.post(
    "/recommendations",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses=ACCEPTED,
)
def recommend(
    wanted: Place, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """Requests and limits that fit what is used; as `invoke ai.optimize`."""
    return begin(runtime, request, "ai.optimize", wanted.model_dump(), key)


def _require(context: Context, id: str) -> operations.Operation:
    found = operations.find(context.state, id)
    if found is None or found.request.kind != _KIND or not found.request.parameters.get("dry_run"):
        raise NotFound(f"there is no plan {id}", fix="POST /api/v1/ai/plans makes one")
    return found


def _plan(found: operations.Operation) -> PlanOut:
    answer: dict[str, Any] = found.result or {}
    error = told(found).error
    return PlanOut(
        id=found.request.id,
        state=found.state,
        request=answer.get("request") or told(found).parameters["request"],
        reading=answer.get("reading", ""),
        explanation=answer.get("explanation", []),
        diff=answer.get("lines", []),
        hash=answer.get("hash", ""),
        operations=answer.get("operations", []),
        outcome=answer.get("outcome", "") or (f"{error.what}: {error.why}" if error else ""),
    )
