"""T025: what runs of the application, its release, and how both are changed."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from phaseline.core.workspace import Context
from phaseline.operators.deployments import operations
from phaseline.operators.deployments.world import Object, look, waiting_for
from phaseline.operators.images.model import load_images
from pydantic import BaseModel, Field

from api.management.named import (
    CHANGES,
    LISTS,
    NAME,
    ONE,
    ComponentName,
    ObjectName,
    Strict,
    component,
)
from api.management.operations import ACCEPTED, IdempotencyKey, OperationOut, begin
from api.management.pages import Page, PagingDep, page
from api.management.problems import NotFound, responses
from api.management.runtime import ContextDep, RuntimeDep
from api.management.tags import IfMatch, require_match, tagged


class DeploymentOut(BaseModel):
    """A component as it runs."""

    component: str = Field(examples=["backend"])
    kind: str = Field(examples=["Deployment"])
    name: str = Field(examples=["todo-app-backend"])
    images: list[str]
    replicas: int = Field(description="How many are wanted.")
    ready: int
    updated: int = Field(description="How many are of the newest template.")
    waiting_for: str = Field(description="What its rollout waits for; empty when complete.")
    generation: int = Field(description="Rises with each change of what is wanted.")


class LogOut(BaseModel):
    """What the pods of a component have written last."""

    lines: list[str]


class RevisionOut(BaseModel):
    """A revision of the release."""

    revision: int
    updated: datetime
    status: str
    chart: str
    what: str


class Scale(Strict):
    """How many are wanted."""

    replicas: int = Field(ge=0, le=100, examples=[3])


class Rollback(Strict):
    """Where to go back to."""

    revision: int = Field(
        default=0, ge=0, le=10**6, description="0 is the one before.", examples=[2]
    )


_REFERENCE = r"^([a-z0-9][a-z0-9._:/-]{0,254}:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$"
_SETTING = r"^[A-Za-z0-9_][A-Za-z0-9_.\[\]-]{0,200}=[^\x00-\x1f\x7f]{0,1000}$"


class Update(Strict):
    """What is brought to the release; all that is not named stays."""

    component: str = Field(
        default="",
        max_length=63,
        pattern=rf"^$|{NAME}",
        description="Only this one; empty: all.",
        examples=["backend"],
    )
    image: str = Field(
        default="",
        pattern=_REFERENCE,
        description="`repository:tag` for it; empty: what was built last.",
        examples=[""],
    )
    values: list[Annotated[str, Field(pattern=_SETTING)]] = Field(
        default=[],
        max_length=50,
        description="`path=value` for the chart; alone they leave the images.",
        examples=[["backend.logLevel=debug"]],
    )


router = APIRouter(tags=["deployments"])


@router.get("/deployments", response_model=Page[DeploymentOut], responses=responses(*LISTS))
def list_deployments(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """The components that run, each with its rollout."""
    listed, cursor = page(_deployments(context), lambda one: one.component, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.get("/deployments/{name}", response_model=DeploymentOut, responses=responses(*ONE))
def get_deployment(name: ComponentName, request: Request, context: ContextDep) -> Response:
    """One component as it runs."""
    return tagged(request, _require(context, name))


@router.patch(
    "/deployments/{name}",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*CHANGES)},
)
def scale_deployment(
    name: ComponentName,
    wanted: Scale,
    request: Request,
    runtime: RuntimeDep,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Have so many pods of it, until the next deploy-all; as `invoke app.scale`."""
    require_match(if_match, _require(runtime.workspace.context, name))
    asked = {"component": name, "replicas": wanted.replicas}
    return begin(runtime, request, "app.scale", asked, key)


@router.get("/deployments/{name}/log", response_model=LogOut, responses=responses(*ONE))
def get_pod_log(
    name: ComponentName,
    request: Request,
    context: ContextDep,
    lines: Annotated[int, Query(ge=0, le=2000, description="Of each pod, from the end.")] = 50,
) -> Response:
    """What its pods have written last; as `invoke app.logs`."""
    component(context, name)
    told: list[str] = []
    operations.logs(context, name, told.append, lines=lines, follow=False)
    return tagged(request, LogOut(lines=told))


@router.get(
    "/releases/{name}/revisions", response_model=Page[RevisionOut], responses=responses(*ONE)
)
def list_revisions(
    name: ObjectName, request: Request, context: ContextDep, paging: PagingDep
) -> Response:
    """The release's revisions, oldest first; as `invoke app.history`."""
    _require_release(context, name)
    found = map(_revision, operations.history(context))
    listed, cursor = page(found, lambda one: f"{one.revision:09d}", paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.post(
    "/releases/{name}/rollbacks",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*ONE)},
)
def roll_back(
    name: ObjectName,
    wanted: Rollback,
    request: Request,
    runtime: RuntimeDep,
    key: IdempotencyKey = "",
) -> Response:
    """Go back to a revision and wait until it is rolled out; as `invoke app.rollback`."""
    _require_release(runtime.workspace.context, name)
    return begin(runtime, request, "app.rollback", {"revision": wanted.revision}, key)


@router.post(
    "/releases/{name}/updates",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*ONE)},
)
def update_release(
    name: ObjectName,
    wanted: Update,
    request: Request,
    runtime: RuntimeDep,
    key: IdempotencyKey = "",
) -> Response:
    """Bring other images or values to the release; as `invoke app.update`."""
    context = runtime.workspace.context
    _require_release(context, name)
    if wanted.component:
        component(context, wanted.component)
    return begin(runtime, request, "app.update", wanted.model_dump(), key)


def _deployments(context: Context) -> list[DeploymentOut]:
    workloads, images = look(context).workloads, load_images(context)
    return [
        _deployment(name, found)
        for name, image in images.items()
        if (found := operations.running(workloads, image.repository))
    ]


def _deployment(name: str, one: Object) -> DeploymentOut:
    status = one.get("status", {})
    return DeploymentOut(
        component=name,
        kind=one["kind"],
        name=one["metadata"]["name"],
        images=[each["image"] for each in one["spec"]["template"]["spec"]["containers"]],
        replicas=one["spec"].get("replicas", 1),
        ready=status.get("readyReplicas", 0),
        updated=status.get("updatedReplicas", 0),
        waiting_for=waiting_for(one),
        generation=one["metadata"]["generation"],
    )


def _require(context: Context, name: str) -> DeploymentOut:
    component(context, name)
    for one in _deployments(context):
        if one.component == name:
            return one
    raise NotFound(f"nothing runs {name}", fix="`invoke deploy`, or POST /api/v1/runs")


def _require_release(context: Context, name: str) -> None:
    own = context.pipeline.chart.release
    if name != own:
        raise NotFound(f"there is no release {name}", fix=f"it is called {own}")


def _revision(row: dict[str, Any]) -> RevisionOut:
    return RevisionOut(**row)
