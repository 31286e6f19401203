"""T030: the application's Services, what stands behind them, and where they answer."""

from __future__ import annotations

import time
from http import HTTPStatus

import httpx
from fastapi import APIRouter, Request, Response
from phaseline.operators.services import live
from phaseline.operators.services.live import Live
from pydantic import BaseModel, Field

from api.management.named import LISTS, ONE, ObjectName, Strict
from api.management.operations import ACCEPTED, IdempotencyKey, OperationOut, begin
from api.management.pages import Page, PagingDep, page
from api.management.problems import NotFound, responses
from api.management.runtime import ContextDep, RuntimeDep
from api.management.tags import tagged

_LATEST = 2.0  # seconds that an address has to answer


class PortOut(BaseModel):
    """A port of a Service."""

    name: str
    port: int
    protocol: str
    node_port: int | None


class ServiceOut(BaseModel):
    """A Service."""

    name: str = Field(examples=["todo-app-frontend"])
    type: str = Field(examples=["NodePort"])
    cluster_ip: str
    ports: list[PortOut]
    endpoints: list[str] = Field(description="Addresses of the pods that are ready.")


class AddressOut(BaseModel):
    """Where the application answers this machine."""

    name: str = Field(examples=["page"])
    url: str


class AnswerOut(BaseModel):
    """How an address answers, asked now."""

    name: str
    url: str
    status: int | None = Field(description="The HTTP status; null where nothing answered.")
    milliseconds: float | None = Field(description="Until the answer's head was here.")
    fault: str


class Check(Strict):
    """A check of the running application."""


router = APIRouter(tags=["services"])


@router.get("/services", response_model=Page[ServiceOut], responses=responses(*LISTS))
def list_services(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """The Services of the application's namespace, with their endpoints."""
    listed, cursor = page(map(_service, live.look(context)), lambda one: one.name, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.get("/services/{name}", response_model=ServiceOut, responses=responses(*ONE))
def get_service(name: ObjectName, request: Request, context: ContextDep) -> Response:
    """One Service."""
    for one in live.look(context):
        if one.name == name:
            return tagged(request, _service(one))
    raise NotFound(f"there is no Service {name}", fix="GET /api/v1/services lists them")


@router.get("/addresses", response_model=Page[AddressOut], responses=responses(*LISTS))
def list_addresses(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """Where the application answers; as `invoke app.addresses`."""
    found = [AddressOut(name=name, url=url) for name, url in live.places(context).items()]
    listed, cursor = page(found, lambda one: one.name, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.get("/addresses/{name}/answer", response_model=AnswerOut, responses=responses(*ONE))
def get_answer(name: ObjectName, context: ContextDep) -> AnswerOut:
    """How an address answers now, and how fast."""
    places = live.places(context)
    if name not in places:
        raise NotFound(f"there is no address {name}", fix="GET /api/v1/addresses lists them")
    began = time.perf_counter()
    try:
        with httpx.stream("GET", places[name], timeout=_LATEST, trust_env=False) as answer:
            took = round((time.perf_counter() - began) * 1000, 1)
            status: int | None = answer.status_code
            return AnswerOut(
                name=name, url=places[name], status=status, milliseconds=took, fault=""
            )
    except httpx.HTTPError as error:
        fault = str(error) or type(error).__name__
        return AnswerOut(name=name, url=places[name], status=None, milliseconds=None, fault=fault)


@router.post(
    "/application/checks",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses=ACCEPTED,
)
def check_application(
    wanted: Check, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """Whether the application is well: pods, images, Services, journeys; as `invoke app.check`."""
    return begin(runtime, request, "app.check", {}, key)


def _service(one: Live) -> ServiceOut:
    spec = one.service["spec"]
    ports = [
        PortOut(
            name=port.get("name", ""),
            port=port["port"],
            protocol=port.get("protocol", "TCP"),
            node_port=port.get("nodePort"),
        )
        for port in spec.get("ports") or ()
    ]
    return ServiceOut(
        name=one.name,
        type=spec.get("type", "ClusterIP"),
        cluster_ip=spec.get("clusterIP", ""),
        ports=ports,
        endpoints=list(one.endpoints),
    )
