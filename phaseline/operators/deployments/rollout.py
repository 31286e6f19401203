"""Waiting for a rollout, with the cause named as soon as it is certain to fail."""

from __future__ import annotations

import threading
import time

from phaseline.core.errors import CheckFailed, TimedOut
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.deployments.diagnosis import Cause, causes, restarts
from phaseline.operators.deployments.world import look, watched
from phaseline.process import journal
from phaseline.process.groups import pause

_LONGEST = 0.5  # seconds between two looks
_TOGETHER = 0.05  # seconds in which what changes together has changed


def await_rollout(context: Context, *, limit: float) -> int:
    """Wait until every workload of the release is rolled out; returns how many there are.

    Raises:
        CheckFailed: a pod will not come up; names the pod, the reason, its last lines, the fix.
        TimedOut: it is not complete after `limit` seconds; says what it waits for.
    """
    deadline = time.monotonic() + limit
    bad_since: dict[tuple[str, str], float] = {}
    with watched(context) as changed:
        world = look(context)
        before = restarts(world.pods)
        while world.unfinished:
            now = time.monotonic()
            # whatever the reason is now: a container in trouble passes from one to the next
            found = {(c.pod, c.container): c for c in causes(world.pods, world.events, before)}
            bad_since = {key: bad_since.get(key, now) for key in found}
            for key, since in bad_since.items():
                if now - since > found[key].patience:
                    raise _failure(context, found[key])
            if now > deadline:
                raise TimedOut(
                    f"the rollout is not complete after {limit:.0f} s",
                    why="; ".join(world.unfinished),
                    fix="raise chart.timeout_seconds in pipeline.yaml if it only needs longer",
                )
            journal.progress(f"waiting for {world.unfinished[0]}")
            _await(changed)
            world = look(context, events=True)
    return len(world.workloads)


def _await(changed: threading.Event) -> None:
    """Wait until something has changed; not for long, since a watch may have broken off."""
    changed.wait(_LONGEST)
    pause(_TOGETHER)
    changed.clear()


def _failure(context: Context, cause: Cause) -> CheckFailed:
    namespace = context.pipeline.chart.namespace
    lines = access.kubectl(context).logs(namespace, cause.pod, container=cause.container)
    where = f"pod {cause.pod}" + (f", container {cause.container}" if cause.container else "")
    why = f"{cause.reason}: {cause.message}" + (f"\n{lines}" if lines else "")
    return CheckFailed(f"{where} does not come up", why=why, fix=cause.fix)
