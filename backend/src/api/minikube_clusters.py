"""T020 and T023: the workspace's cluster, whoever provides it, and what it has and uses."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access, health, model
from phaseline.operators.clusters.requirements import requirements
from phaseline.operators.clusters.use import Use
from pydantic import BaseModel, Field

from api.management.named import CHANGES, LISTS, ONE, CheckOut, ObjectName, Strict, checks
from api.management.operations import ACCEPTED, IdempotencyKey, OperationOut, begin
from api.management.pages import Page, PagingDep, page
from api.management.problems import NotFound, responses
from api.management.runtime import ContextDep, RuntimeDep
from api.management.tags import IfMatch, require_match, tagged


class ClusterOut(BaseModel):
    """A cluster."""

    name: str = Field(examples=["todo-app-0a1b2c"])
    context: str = Field(description="Of the user's kubeconfig, for one that others run.")
    provider: str = Field(description="`embedded`, `minikube` or `context`.")
    chosen_because: str
    kubernetes: str = Field(description="The version.", examples=["1.36.3"])
    running: bool


class HealthOut(BaseModel):
    """Whether the cluster is well."""

    well: bool
    checks: list[CheckOut]


class UseOut(BaseModel):
    """What a node or a namespace has, was asked for and uses: cores, and bytes."""

    name: str
    pods: int
    cpu: float | None = Field(description="Cores used now; null where it is not told yet.")
    memory: float | None = Field(description="Bytes used now.")
    requests: dict[str, float] = Field(description="Sums over the pods that run or wait.")
    limits: dict[str, float]
    allocatable: dict[str, float] = Field(description="Of a node: what pods can be given.")
    disk_free: float | None = Field(description="Of a node: bytes.")


class ResourcesOut(BaseModel):
    """What the cluster has and uses."""

    nodes: list[UseOut]
    namespaces: list[UseOut]


class NewCluster(Strict):
    """The cluster that pipeline.yaml asks for."""


Act = Annotated[Literal["start", "stop", "restart"], Path(description="What is to be done.")]

router = APIRouter(tags=["clusters"])


@router.get("/clusters", response_model=Page[ClusterOut], responses=responses(*LISTS))
def list_clusters(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """The clusters of this workspace: one at most."""
    listed, cursor = page(_clusters(context), lambda one: one.name, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.post(
    "/clusters",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses=ACCEPTED,
)
def create_cluster(
    wanted: NewCluster, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """Make the cluster and start it; as `invoke cluster.start`."""
    return begin(runtime, request, "cluster.start", {}, key)


@router.get("/cluster-requirements", response_model=HealthOut, responses=responses(*LISTS))
def get_requirements(request: Request, context: ContextDep) -> Response:
    """Whether this machine has what the cluster needs; as `invoke cluster.validate`."""
    found = requirements(context)
    return tagged(request, HealthOut(well=all(one.fit for one in found), checks=checks(found)))


@router.get("/clusters/{name}", response_model=ClusterOut, responses=responses(*ONE))
def get_cluster(name: ObjectName, request: Request, context: ContextDep) -> Response:
    """One cluster."""
    return tagged(request, _require(context, name))


@router.get("/clusters/{name}/health", response_model=HealthOut, responses=responses(*ONE))
def get_health(name: ObjectName, request: Request, context: ContextDep) -> Response:
    """Whether it is well, check by check; as `invoke cluster.status`."""
    _require(context, name)
    found = health.look(context)
    told = checks((*found.findings, *found.tenants))
    return tagged(request, HealthOut(well=found.well, checks=told))


@router.get("/clusters/{name}/resources", response_model=ResourcesOut, responses=responses(*ONE))
def get_resources(name: ObjectName, request: Request, context: ContextDep) -> Response:
    """What its nodes and namespaces have, were asked for and use (T023)."""
    _require(context, name)
    found = health.look(context)
    told = ResourcesOut(
        nodes=[_use(one) for one in found.nodes],
        namespaces=[_use(one) for one in found.namespaces],
    )
    return tagged(request, told)


@router.post(
    "/clusters/{name}/{act}",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*CHANGES)},
)
def change_cluster(
    name: ObjectName,
    act: Act,
    request: Request,
    runtime: RuntimeDep,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Start, stop or restart it with its data; as `invoke cluster.start` and so on."""
    require_match(if_match, _require(runtime.workspace.context, name))
    return begin(runtime, request, f"cluster.{act}", {}, key)


@router.delete(
    "/clusters/{name}",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*CHANGES)},
)
def delete_cluster(
    name: ObjectName,
    request: Request,
    runtime: RuntimeDep,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Remove it with all its data; as `invoke cluster.delete`."""
    require_match(if_match, _require(runtime.workspace.context, name))
    return begin(runtime, request, "cluster.delete", {}, key)


def _clusters(context: Context) -> list[ClusterOut]:
    state = model.load(context)
    if state is None:
        return []
    return [
        ClusterOut(
            name=state.resource_name,
            context=state.context,
            provider=state.provider,
            chosen_because=state.chosen_because,
            kubernetes=state.kubernetes,
            running=access.of(context, state).status().well,
        )
    ]


def _require(context: Context, name: str) -> ClusterOut:
    for one in _clusters(context):
        if one.name == name:
            return one
    raise NotFound(f"there is no cluster {name}", fix="POST /api/v1/clusters makes one")


def _use(one: Use) -> UseOut:
    return UseOut(**asdict(one))
