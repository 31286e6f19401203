"""The pipeline: phases, steps with their reasons, logs and evidence, and its runs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Any, NamedTuple

import anyio
from anyio import to_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.texts import plain
from phaseline.core.workspace import Context
from phaseline.engine import entries, report, runs, why
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Step
from phaseline.engine.standing import Stand, at_work, stands
from pydantic import BaseModel, Field

from api.management.named import ONE, Strict
from api.management.operations import (
    ACCEPTED,
    EVENTS,
    IdempotencyKey,
    OperationOut,
    begin,
    event,
)
from api.management.pages import Page, PagingDep, page
from api.management.problems import NotFound, responses
from api.management.runtime import ContextDep, Runtime, RuntimeDep
from api.management.tags import tagged

_LOOKS_EVERY = 0.25
_SIGN_OF_LIFE = 60  # looks
_EXAMPLE = "20270101T120000.000Z-ab12"

StepId = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["T007.image"]),
]
RunId = Annotated[str, Path(pattern=r"^[0-9]{8}T[0-9A-Za-z.Z-]{1,40}$", examples=[_EXAMPLE])]


class PhaseOut(BaseModel):
    """A phase of the pipeline."""

    number: int
    name: str = Field(examples=["containerize"])
    title: str
    needs: list[str]
    steps: list[str]


class StepOut(BaseModel):
    """A step, and how it stands."""

    id: str = Field(examples=["T007.image"])
    phase: str
    title: str
    kind: str = Field(description="`make`, `act`, `check` or `not built`.")
    needs: list[str]
    state: str = Field(
        description="`done`, `failed`, `interrupted`, `running`, `never`, `not built` or "
        "`not applicable`."
    )
    when: datetime | None = Field(description="Of its end, or of its beginning while it runs.")
    seconds: float | None
    reason: str = Field(description="Why it ran.")
    summary: str
    run: str


class WhyOut(BaseModel):
    """Why a step would run, or what lets it be skipped."""

    step: str
    title: str
    state: str = Field(description="`would run`, `unchanged`, `not built` or `not applicable`.")
    reason: str
    since: dict[str, Any] | None
    changes: list[dict[str, Any]]
    checked: dict[str, dict[str, Any]]
    probe: dict[str, Any] | None
    upstream: list[dict[str, Any]]


class EvidenceOut(BaseModel):
    """What one signed envelope says."""

    number: int
    digest: str
    previous: str
    run: str
    step: str
    phase: str
    ending: str
    key: str
    outputs: dict[str, str]
    identity: dict[str, str]
    started: str
    ended: str


class LogOut(BaseModel):
    """What a step has said."""

    step: str
    run: str
    lines: list[str]


class TurnOut(BaseModel):
    """A step's turn in a run."""

    step: str
    phase: str
    title: str
    ending: str
    reason: str
    summary: str
    started: datetime
    ended: datetime
    error: dict[str, str] = Field(description="`code`, `what`, `why` and `fix`, or nothing.")


class RunOut(BaseModel):
    """A run of the pipeline."""

    id: str = Field(examples=[_EXAMPLE])
    command: str
    phases: list[str]
    started: datetime
    ended: datetime | None
    code: int | None = Field(description="Its exit code; null while it goes on or was killed.")
    head: str = Field(description="Of the evidence when it ended.")
    working: list[str] = Field(description="Steps that began and did not end.")


class NewRun(Strict):
    """What is to be run."""

    phases: list[str] = Field(
        default=[],
        max_length=9,
        description="Empty: those of `invoke deploy-all`.",
        examples=[["chart"]],
    )
    through: str = Field(default="", max_length=100, description="What is needed up to this step.")
    force: list[str] = Field(default=[], max_length=50, description="Steps to run all the same.")
    keep_going: bool = Field(default=False, description="After a failure, with what is apart.")


router = APIRouter(tags=["pipeline"])


@router.get("/phases", response_model=Page[PhaseOut])
def list_phases(request: Request, runtime: RuntimeDep, paging: PagingDep) -> Response:
    """The phases in their order."""
    found = [
        PhaseOut(
            number=one.number,
            name=one.name,
            title=one.title,
            needs=list(one.needs),
            steps=[step.id for step in one.steps],
        )
        for one in runtime.graph.phases.values()
    ]
    listed, cursor = page(found, lambda one: f"{one.number:03d}", paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.get("/steps", response_model=Page[StepOut], responses=responses(HTTPStatus.CONFLICT))
def list_steps(
    request: Request, runtime: RuntimeDep, context: ContextDep, paging: PagingDep
) -> Response:
    """Every step with its last result, by its ID; as `invoke status`."""
    listed, cursor = page(_steps(runtime, context), lambda one: one.id, paging)
    return tagged(request, Page(items=listed, next_cursor=cursor))


@router.get("/steps/{step}", response_model=StepOut, responses=responses(*ONE))
def get_step(step: StepId, request: Request, runtime: RuntimeDep, context: ContextDep) -> Response:
    """One step with its last result."""
    _require(runtime, step)
    (found,) = (one for one in _steps(runtime, context) if one.id == step)
    return tagged(request, found)


@router.get("/steps/{step}/why", response_model=WhyOut, responses=responses(*ONE))
def get_why(step: StepId, request: Request, runtime: RuntimeDep, context: ContextDep) -> Response:
    """Why it would run, or what was checked; asks the live world; as `invoke why`."""
    found = why.explain(_require(runtime, step), runtime.graph, context)
    return tagged(request, WhyOut(**vars(found)))


@router.get("/steps/{step}/log", response_model=LogOut, responses=responses(*ONE))
def get_step_log(
    step: StepId,
    request: Request,
    runtime: RuntimeDep,
    context: ContextDep,
    run: Annotated[
        str,
        Query(pattern=r"^$|^[0-9]{8}T[0-9A-Za-z.-]{1,40}$", description="Not the last, but this."),
    ] = "",
) -> Response:
    """What it has said and called; as `invoke logs`."""
    _require(runtime, step)
    try:
        path = runs.log_of(context.state, step, run)
    except InvalidConfiguration as error:
        raise NotFound(error.what, why=error.why) from error
    return tagged(request, LogOut(step=step, run=path.parent.name, lines=_lines(path)))


@router.get("/steps/{step}/evidence", response_model=Page[EvidenceOut], responses=responses(*ONE))
def list_step_evidence(
    step: StepId, request: Request, runtime: RuntimeDep, context: ContextDep, paging: PagingDep
) -> Response:
    """The envelopes that tell of it, the youngest first."""
    _require(runtime, step)
    return _evidence(request, context, paging, step)


@router.get("/evidence", response_model=Page[EvidenceOut], responses=responses(HTTPStatus.CONFLICT))
def list_evidence(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """All envelopes of the chain, the youngest first; `invoke verify` checks them."""
    return _evidence(request, context, paging)


@router.get("/runs", response_model=Page[RunOut])
def list_runs(request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """The runs that are kept, the youngest first."""
    known = [name for name in runs.names(context.state) if _has_events(context, name)]
    listed, cursor = page(known, str, paging, newest_first=True)
    found = [told for name in listed if (told := _readable(context, name))]
    return tagged(request, Page(items=found, next_cursor=cursor))


@router.post(
    "/runs",
    status_code=HTTPStatus.ACCEPTED,
    response_model=OperationOut,
    responses={**ACCEPTED, **responses(HTTPStatus.NOT_FOUND)},
)
def start_run(
    wanted: NewRun, request: Request, runtime: RuntimeDep, key: IdempotencyKey = ""
) -> Response:
    """Run phases and what they need; as `invoke deploy-all`, or the phase of that name."""
    for name in wanted.phases:
        if name not in runtime.graph.phases:
            raise NotFound(f"there is no phase {name}", fix="GET /api/v1/phases lists them")
    return begin(runtime, request, "deploy-all", wanted.model_dump(), key)


@router.get("/runs/{run}", response_model=RunOut, responses=responses(*ONE))
def get_run(run: RunId, request: Request, context: ContextDep) -> Response:
    """One run."""
    return tagged(request, _run(_story(context, run)))


@router.get("/runs/{run}/steps", response_model=Page[TurnOut], responses=responses(*ONE))
def list_turns(run: RunId, request: Request, context: ContextDep, paging: PagingDep) -> Response:
    """How each of its steps ended, in the order in which they did."""
    turns = [_Turn(number, one) for number, one in enumerate(_story(context, run).turns)]
    listed, cursor = page(turns, lambda one: f"{one.number:06d}", paging)
    return tagged(request, Page(items=[_turn(one.told) for one in listed], next_cursor=cursor))


@router.get(
    "/runs/{run}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {EVENTS: {"schema": {"type": "string"}}}, "description": "Events."},
        **responses(*ONE),
    },
)
async def run_events(
    run: RunId,
    context: ContextDep,
    last: Annotated[
        str,
        Header(alias="Last-Event-ID", pattern=r"^[0-9]{0,9}$", description="Go on after this one."),
    ] = "",
    follow: Annotated[bool, Query(description="Wait for what comes; else tell what is.")] = True,
) -> StreamingResponse:
    """What happens in a run, as server-sent events; their data are `engine.events`."""
    await to_thread.run_sync(_story, context, run)
    stream = _stream(context.state, run, int(last or 0), follow)
    return StreamingResponse(stream, media_type=EVENTS, headers={"Cache-Control": "no-store"})


class _Turn(NamedTuple):
    number: int
    told: Execution


def _steps(runtime: Runtime, context: Context) -> list[StepOut]:
    roles = {one["role"] for one in context.workspace.settings["components"]}
    found = stands(
        runtime.graph, context.state, lambda step: step.role is not None and step.role not in roles
    )
    return [_step(one, runtime) for one in found]


def _step(one: Stand, runtime: Runtime) -> StepOut:
    return StepOut(
        id=one.step.id,
        phase=runtime.graph.phase_of[one.step.id].name,
        title=one.step.title,
        kind=one.step.kind.value,
        needs=list(one.step.needs),
        state=one.state,
        when=None if one.when is None else _when(one.when),
        seconds=one.seconds,
        reason=one.reason,
        summary=one.summary,
        run=one.run,
    )


def _require(runtime: Runtime, name: str) -> Step:
    if name not in runtime.graph.steps:
        raise NotFound(f"there is no step {name}", fix="GET /api/v1/steps lists them")
    return runtime.graph.steps[name]


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _lines(path: FilePath) -> list[str]:
    text = report.plain(path.read_text(encoding="utf-8", errors="replace"))
    return [plain(line) for line in text.splitlines()]


def _evidence(request: Request, context: Context, paging: PagingDep, step: str = "") -> Response:
    found = [one for one in entries.entries(context.state) if step in ("", one.step)]
    listed, cursor = page(found, lambda one: f"{one.number:09d}", paging, newest_first=True)
    told = [EvidenceOut(**{n: getattr(one, n) for n in EvidenceOut.model_fields}) for one in listed]
    return tagged(request, Page(items=told, next_cursor=cursor))


def _has_events(context: Context, name: str) -> bool:
    return (context.state / "runs" / name / runs.EVENTS).exists()


def _story(context: Context, run: str) -> runs.Story:
    if run not in runs.names(context.state) or not _has_events(context, run):
        raise NotFound(f"there is no run {run}", fix="GET /api/v1/runs lists them")
    return runs.read(context.state, run)


def _readable(context: Context, name: str) -> RunOut | None:
    try:
        return _run(runs.read(context.state, name))
    except InvalidConfiguration:  # of another version, or cut off at its first line
        return None


def _run(story: runs.Story) -> RunOut:
    return RunOut(
        id=story.id,
        command=story.command,
        phases=list(story.phases),
        started=_when(story.started),
        ended=None if story.ended is None else _when(story.ended),
        code=story.code,
        head=story.head,
        working=list(story.unfinished),
    )


def _turn(one: Execution) -> TurnOut:
    return TurnOut(
        step=one.step,
        phase=one.phase,
        title=one.title,
        ending=one.ending,
        reason=one.reason,
        summary=one.summary,
        started=_when(one.started),
        ended=_when(one.ended),
        error=dict(one.error),
    )


async def _stream(state: FilePath, run: str, after: int, follow: bool) -> AsyncIterator[str]:
    looks = 0
    while True:
        working = await to_thread.run_sync(at_work, state)
        for told in await to_thread.run_sync(_told, state, run, after):
            after, looks = after + 1, 0
            yield event(told["event"], told, str(after))
            if told["event"] == "run-ended":
                return
        if not follow or not working:  # it was killed: there is nothing to wait for
            return
        looks += 1
        if looks % _SIGN_OF_LIFE == 0:
            yield ": still here\n\n"
        await anyio.sleep(_LOOKS_EVERY)


def _told(state: FilePath, run: str, after: int) -> list[dict[str, Any]]:
    lines = (state / "runs" / run / runs.EVENTS).read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines[after:]]
