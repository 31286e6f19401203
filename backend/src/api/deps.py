"""What routes ask for, as annotated aliases."""

import re
from typing import Annotated, cast

from anyio import CapacityLimiter
from fastapi import Depends, Header, Request
from pydantic import WithJsonSchema

from api.runtime import Runtime
from todo.metrics import Metrics
from todo.schema import Readiness
from todo.service import TodoService
from todo.settings import Settings

_TAG = r'(W/)?"[!#-~]*"'
_IF_MATCH = rf"^(\*|{_TAG}( *, *{_TAG})*)$"
# A strong tag that holds a version, as this service gives them out.
_OUR_TAG = re.compile(r'(?<!W/)"([1-9][0-9]{0,9})"')


# All of these are coroutines: FastAPI would run plain functions on the threads of the requests.


async def _runtime(request: Request) -> Runtime:
    return cast(Runtime, request.app.state.runtime)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]


async def _service(runtime: RuntimeDep) -> TodoService:
    return runtime.service


async def _readiness(runtime: RuntimeDep) -> Readiness:
    return runtime.readiness


async def _checkers(runtime: RuntimeDep) -> CapacityLimiter:
    return runtime.checkers


async def _metrics(runtime: RuntimeDep) -> Metrics:
    return runtime.metrics


async def _settings(runtime: RuntimeDep) -> Settings:
    return runtime.settings


async def _accepted_versions(
    if_match: Annotated[
        str | None,
        Header(
            pattern=_IF_MATCH,
            description='The ETag that was read, such as `"3"`, several of them, or `*`.',
        ),
        # Spelled out, because a header cannot be null although a parameter can be left out.
        WithJsonSchema({"type": "string", "pattern": _IF_MATCH, "examples": ['"3"']}),
    ] = None,
) -> frozenset[int] | None:
    """Versions named by If-Match; None when any will do.

    A weak tag, or one that this service never gave out, matches no version.
    """
    if if_match is None or if_match == "*":
        return None
    return frozenset(int(version) for version in _OUR_TAG.findall(if_match))


ServiceDep = Annotated[TodoService, Depends(_service)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
CheckersDep = Annotated[CapacityLimiter, Depends(_checkers)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
SettingsDep = Annotated[Settings, Depends(_settings)]
AcceptedVersions = Annotated[frozenset[int] | None, Depends(_accepted_versions)]
