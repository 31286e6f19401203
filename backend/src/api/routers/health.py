"""Whether the process lives, and whether it can serve."""

from http import HTTPStatus

import anyio
from anyio import to_thread
from fastapi import APIRouter

from api.deps import CheckersDep, ReadinessDep
from api.problems import responses
from api.schemas import HealthOut, ReadyOut
from todo.errors import DatabaseUnavailable

READY_WITHIN_S = 1.0

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> HealthOut:
    """The process answers. Never asks the database: restarting cannot mend that."""
    return HealthOut()


@router.get("/readyz", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
async def ready(readiness: ReadinessDep, checkers: CheckersDep) -> ReadyOut:
    """The database answers within a second and its schema is that of this release."""
    try:
        with anyio.fail_after(READY_WITHIN_S):
            await to_thread.run_sync(readiness.check, abandon_on_cancel=True, limiter=checkers)
    except TimeoutError as error:
        raise DatabaseUnavailable(
            f"The database did not answer within {READY_WITHIN_S:g} s."
        ) from error
    return ReadyOut()
