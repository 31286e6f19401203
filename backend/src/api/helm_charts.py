"""T018: the chart, its values, and what it renders to."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import Object, load_manifest
from phaseline.operators.charts.rendering import chart_folder, read_values, values_file
from pydantic import BaseModel, Field

from api.management.named import LISTS, ONE, ObjectName, Strict
from api.management.operations import ACCEPTED, IdempotencyKey, OperationOut, begin
from api.management.pages import Page, PagingDep, page
from api.management.problems import NotFound, responses
from api.management.runtime import ContextDep, RuntimeDep
from api.management.tags import tagged

PHASE = "chart"


class ChartOut(BaseModel):
    """The chart and the release that is made of it."""

    name: str = Field(examples=["todo-app"])
    version: str
    app_version: str
    description: str
    release: str
    namespace: str


class ValuesOut(BaseModel):
    """What the chart is given."""

    defaults: dict[str, Any] = Field(description="Its own values.yaml.")
    deployment: dict[str, Any] | None = Field(
        description="What this deployment lays over them; null as long as nothing is rendered."
    )


class ObjectOut(BaseModel):
    """An object of the rendered manifest."""

    kind: str
    name: str
    api_version: str
    namespace: str


class Checks(Strict):
    """How the chart is to be checked."""

    force: list[str] = Field(
        default=[],
        max_length=50,
        description="Steps to run even if nothing has changed.",
        examples=[["T019"]],
    )


router = APIRouter(prefix="/charts", tags=["charts"])


@router.get("", response_model=Page[ChartOut], responses=responses(*LISTS))
def list_charts(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """The charts of this workspace."""
    listed, cursor = page([_chart(context)], lambda one: one.name, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.get("/{name}", response_model=ChartOut, responses=responses(*ONE))
def get_chart(name: ObjectName, request: Request, context: ContextDep) -> Response:
    """One chart."""
    return tagged(request, _require(context, name))


@router.get("/{name}/values", response_model=ValuesOut, responses=responses(*ONE))
def get_values(name: ObjectName, request: Request, context: ContextDep) -> Response:
    """Its values, and what this deployment lays over them."""
    _require(context, name)
    rendered = values_file(context)
    given = read_values(rendered) if rendered.exists() else None
    defaults = read_values(chart_folder(context) / "values.yaml")
    return tagged(request, ValuesOut(defaults=defaults, deployment=given))


@router.get("/{name}/objects", response_model=Page[ObjectOut], responses=responses(*ONE))
def list_objects(
    name: ObjectName, request: Request, context: ContextDep, paging: PagingDep
) -> Response:
    """The objects of the manifest that was rendered last."""
    _require(context, name)
    listed, cursor = page(map(_object, _manifest(context)), _place, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.post(
    "/{name}/checks",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(*ONE)},
)
def check_chart(
    name: ObjectName,
    wanted: Checks,
    request: Request,
    runtime: RuntimeDep,
    key: IdempotencyKey = "",
) -> Response:
    """Render the chart and check it; as `invoke chart`."""
    _require(runtime.workspace.context, name)
    asked = {"phases": [PHASE], "force": wanted.force, "through": "", "keep_going": False}
    return begin(runtime, request, "deploy-all", asked, key)


def _chart(context: Context) -> ChartOut:
    told = _told(chart_folder(context) / "Chart.yaml")
    settings = context.pipeline.chart
    return ChartOut(
        name=str(told["name"]),
        version=str(told["version"]),
        app_version=str(told.get("appVersion", "")),
        description=str(told.get("description", "")),
        release=settings.release,
        namespace=settings.namespace,
    )


def _told(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _require(context: Context, name: str) -> ChartOut:
    found = _chart(context)
    if found.name != name:
        raise NotFound(f"there is no chart {name}", fix=f"it is called {found.name}")
    return found


def _manifest(context: Context) -> tuple[Object, ...]:
    try:
        return load_manifest(context)
    except InvalidConfiguration as error:  # of no fault in the request
        raise NotFound(error.what, why=error.why, fix=error.fix or "POST its checks") from error


def _object(one: Any) -> ObjectOut:
    return ObjectOut(
        kind=one["kind"],
        name=one["metadata"]["name"],
        api_version=one["apiVersion"],
        namespace=one["metadata"].get("namespace", ""),
    )


def _place(one: ObjectOut) -> str:
    return "\0".join((one.kind, one.namespace, one.name))
