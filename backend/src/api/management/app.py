"""The management application: routes, errors and guard, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from phaseline import __version__
from phaseline.core.tokens import Role
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph
from pydantic import BaseModel

from api import (
    ai_deploy,
    container_images,
    deployments,
    helm_charts,
    minikube_clusters,
    pipeline_runs,
    services,
)
from api.management import operations, problems
from api.management.guard import HEALTH, Guard
from api.management.problems import Problem, responses
from api.management.runtime import Limits, Runtime, Workspace
from api.management.tags import tagged

PREFIX = "/api/v1"
ROUTERS = (
    pipeline_runs,
    container_images,
    helm_charts,
    minikube_clusters,
    deployments,
    services,
    ai_deploy,
    operations,
)
# What any route may answer with, before it is asked.
_ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Alive(BaseModel):
    """The server answers."""

    status: str = "alive"
    version: str


def create_app(
    *,
    graph: Graph,
    everything: tuple[str, ...],
    reopen: Callable[[], Context],
    tokens: Mapping[Role, str],
    names: tuple[str, ...],
    launch: Callable[[str], None],
    limits: Limits | None = None,
) -> FastAPI:
    """The application over one workspace.

    Args:
        everything: the phases of `deploy-all`.
        reopen: gives the workspace as its settings are now.
        names: by which the server may be called, beside those of this machine.
        launch: starts the process that carries out the operation of that ID.
    """
    runtime = Runtime(
        graph=graph,
        everything=everything,
        workspace=Workspace(reopen),
        tokens=tokens,
        names=frozenset((*_LOCAL, *names)),
        launch=launch,
        limits=limits or Limits(),
    )
    app = _routed(FastAPI(**_description()))
    app.state.runtime = runtime
    app.add_middleware(Guard, tokens=tokens, names=runtime.names, limits=runtime.limits)
    return app


def describe() -> dict[str, Any]:
    """The OpenAPI document; needs no workspace."""
    return _routed(FastAPI(**_description())).openapi()


def _description() -> dict[str, Any]:
    # no documentation pages: those of FastAPI load their scripts from another site
    return {
        "title": "phaseline",
        "summary": "The pipeline, its images, chart, cluster, deployment and services over HTTP.",
        "version": __version__,
        "openapi_url": f"{PREFIX}/openapi.json",
        "docs_url": None,
        "redoc_url": None,
        "redirect_slashes": False,
    }


def _routed(app: FastAPI) -> FastAPI:
    app.add_api_route(HEALTH, _alive, tags=["health"], response_model=Alive)
    whole = APIRouter(prefix=PREFIX, responses=responses(*_ALWAYS))
    for topic in ROUTERS:
        whole.include_router(topic.router)
    app.include_router(whole)
    problems.install(app)
    _complete(app)
    return app


def _alive(request: Request) -> Response:
    """The process answers; needs no token, and tells nothing of the workspace."""
    return tagged(request, Alive(version=__version__))


def _complete(app: FastAPI) -> None:
    """Add to the document what FastAPI does not see: the problem, the token, the tags."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        parts = document.setdefault("components", {})
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts.setdefault("schemas", {}).update(schema.pop("$defs", {}))
        parts["schemas"]["Problem"] = schema
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in document["paths"].items():
            for method, one in methods.items():
                if path != HEALTH:
                    one["security"] = [{"token": []}]
                if method == "get":
                    one["responses"]["304"] = {"description": "It is as the ETag says."}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
