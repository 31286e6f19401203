"""T011: the images that were built, what is in them, and what was found on them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from phaseline.operators.deployments.inventory import Item, inventory
from phaseline.operators.images.checks.finding import Finding
from phaseline.operators.images.gate import all_findings
from pydantic import BaseModel, Field

from api.management.named import LISTS, ONE, ComponentName, Strict, component
from api.management.operations import ACCEPTED, IdempotencyKey, OperationOut, begin
from api.management.pages import Page, PagingDep, page
from api.management.problems import NotFound, responses
from api.management.runtime import ContextDep, RuntimeDep
from api.management.tags import tagged

PHASE = "containerize"


class ImageOut(BaseModel):
    """A component's image."""

    component: str = Field(examples=["backend"])
    reference: str = Field(description="`repository:tag`.")
    id: str = Field(description="`sha256:` digest of its configuration.")
    size: int = Field(description="Bytes, unpacked.")
    layers: list[str] = Field(description="Digests of the unpacked layers, lowest first.")
    base: str = Field(description="Its base image, and how that came.")
    checks: str = Field(description="How many findings there are of each severity.")
    daemon: str = Field(description="Whether the Docker daemon has it: `yes`, `no`, or a reason.")
    node: str = Field(description="Whether the cluster's node has it.")


class FindingOut(BaseModel):
    """What a check found on an image."""

    rule: str
    severity: str
    place: str = Field(description="Path, layer, package or line; empty for the whole.")
    what: str
    fix: str
    allowed: str = Field(description="Why it is let pass; empty where it is not.")
    fails: bool = Field(description="Whether the phase fails by it.")


class Build(Strict):
    """How the images are to be built."""

    force: list[str] = Field(
        default=[],
        max_length=50,
        description="Steps to run even if nothing has changed.",
        examples=[["T007.image"]],
    )


router = APIRouter(prefix="/images", tags=["images"])


@router.get("", response_model=Page[ImageOut], responses=responses(*LISTS))
def list_images(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """What was built, and where it is; as `invoke image.list`."""
    listed, cursor = page(map(_image, inventory(context)), lambda one: one.component, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.post(
    "/builds",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses=ACCEPTED,
)
def build_images(
    wanted: Build, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """Build what has changed and check it; as `invoke containerize`."""
    asked = {"phases": [PHASE], "force": wanted.force, "through": "", "keep_going": False}
    return begin(runtime, request, "deploy-all", asked, key)


@router.get("/{name}", response_model=ImageOut, responses=responses(*ONE))
def get_image(name: ComponentName, request: Request, context: ContextDep) -> Response:
    """One component's image."""
    component(context, name)
    for one in inventory(context):
        if one.image.component == name:
            return tagged(request, _image(one))
    raise NotFound(f"{name} has no image yet", fix="POST /api/v1/images/builds")


@router.get("/{name}/findings", response_model=Page[FindingOut], responses=responses(*ONE))
def list_findings(
    name: ComponentName, request: Request, context: ContextDep, paging: PagingDep
) -> Response:
    """What the checks found on one image; as `invoke image.findings`."""
    sheet = all_findings(context, component(context, name))
    listed, cursor = page(sheet.findings, _place, paging)
    return tagged(request, Page(items=[_finding(one) for one in listed], next_cursor=cursor))


def _image(one: Item) -> ImageOut:
    return ImageOut(
        component=one.image.component,
        reference=one.image.reference,
        id=one.image.id,
        size=one.image.size,
        layers=list(one.image.layers),
        base=one.base,
        checks=one.checks,
        daemon=one.daemon,
        node=one.node,
    )


def _place(one: Finding) -> str:
    return "\0".join((one.rule, one.place, one.what))


def _finding(one: Finding) -> FindingOut:
    row: dict[str, Any] = one.row()
    del row["subject"]
    return FindingOut(**{**row, "severity": str(one.severity)}, fails=one.fails)
