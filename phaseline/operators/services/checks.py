"""Services exist, are found by name, have endpoints, and answer."""

from __future__ import annotations

import time
from collections.abc import Iterator

from phaseline.core.errors import CheckFailed, TimedOut, Unreachable
from phaseline.core.report import Report
from phaseline.core.settings import Journey
from phaseline.core.workspace import Context
from phaseline.operators.services.journey import travel
from phaseline.operators.services.live import Live, look, places
from phaseline.process import journal
from phaseline.process.groups import pause
from phaseline.tools import web

ANSWER_LIMIT = 30.0
SERVES_WITHIN = 10.0  # seconds for what is behind a proxy, which answers before it is there


def check_created(context: Context) -> Report:
    """See that the release has Services, each with ports and a selector.

    Raises:
        CheckFailed: names each fault.
    """
    services = look(context)
    faults = [fault for live in services for fault in _misconfigured(live)]
    if faults or not services:
        raise CheckFailed("the Services are not as they should be", why="; ".join(faults) or "none")
    return Report(f"{len(services)} Services: {', '.join(live.name for live in services)}")


def check_health(context: Context) -> Report:
    """See that each Service has a ready endpoint and each address answers.

    Raises:
        CheckFailed: a Service has no endpoint.
        TimedOut: an address does not answer.
    """
    services = look(context)
    if empty := [live.name for live in services if not live.endpoints]:
        raise CheckFailed(f"{empty[0]} has no ready endpoint", fix="`invoke deploy`")
    latencies = [_await_answer(place) for place in places(context, services).values()]
    slowest = f", slowest {max(latencies) * 1000:.0f} ms" if latencies else ""
    return Report(f"{len(services)} with endpoints, {len(latencies)} addresses answer{slowest}")


def check_journeys(context: Context) -> Report:
    """Use the application as `pipeline.yaml` tells, through its addresses, and print these.

    Raises:
        CheckFailed: a request was answered otherwise than told.
        Unreachable: an address does not answer.
    """
    known = places(context)
    for one in context.pipeline.journeys:
        journal.progress(one.name)
        _travel(one, known[one.address])
    lines = tuple(f"{name}: {place}" for name, place in known.items())
    names = "; ".join(one.name for one in context.pipeline.journeys)
    return Report(names or "no journeys are declared", lines=lines)


def _travel(journey: Journey, place: str) -> None:
    deadline = time.monotonic() + SERVES_WITHIN
    while True:
        try:
            travel(journey, place)
        except Unreachable:
            if time.monotonic() > deadline:
                raise
            pause(0.2)
        else:
            return


def _misconfigured(live: Live) -> Iterator[str]:
    spec = live.service["spec"]
    if not spec.get("ports"):
        yield f"{live.name} has no port"
    if not spec.get("selector"):
        yield f"{live.name} selects nothing"


def _await_answer(place: str) -> float:
    deadline = time.monotonic() + ANSWER_LIMIT
    while not web.answers(place):
        if time.monotonic() > deadline:
            raise TimedOut(f"{place} does not answer", why=f"tried for {ANSWER_LIMIT:.0f} s")
        journal.progress(f"waiting for {place}")
        pause(0.2)
    started = time.monotonic()
    web.answers(place)
    return time.monotonic() - started
