"""The application factory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api import problems
from api.middleware import LimitBody, ObserveRequests
from api.routers import health, metrics, todos, version
from api.runtime import Runtime
from api.schemas import Problem
from todo import __version__
from todo.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The application over the database that `settings` name; connects when first asked."""
    runtime = Runtime.assemble(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        runtime.database.close()

    app = _routed(FastAPI(lifespan=lifespan, **_description()))
    app.state.runtime = runtime
    # The last one added is the outermost: a body that is refused is observed as well.
    app.add_middleware(LimitBody)
    app.add_middleware(ObserveRequests, metrics=runtime.metrics)
    return app


def describe() -> dict[str, Any]:
    """The OpenAPI document; needs neither settings nor a database."""
    return _routed(FastAPI(**_description())).openapi()


def _description() -> dict[str, Any]:
    # No documentation pages: those of FastAPI load their scripts from another site.
    return {
        "title": "todo",
        "summary": "A todo list over HTTP.",
        "version": __version__,
        "openapi_url": "/api/openapi.json",
        "docs_url": None,
        "redoc_url": None,
        "redirect_slashes": False,
    }


def _routed(app: FastAPI) -> FastAPI:
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(version.router)
    app.include_router(todos.router)
    problems.install(app)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    """Add the problem's schema: the routes refer to it under a media type of its own."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(schema.pop("$defs", {}))
        schemas["Problem"] = schema
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
