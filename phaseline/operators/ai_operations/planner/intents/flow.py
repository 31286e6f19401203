"""Holding a rollout or a schedule, going on, and running a cron job now."""

from __future__ import annotations

import secrets
from typing import Any

from phaseline.operators.ai_operations.planner.containers import workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.plans.model import (
    Create,
    FieldEquals,
    ObjectReference,
    Patch,
    Ready,
)

_KINDS = ("CronJob", "Deployment", "Job")


def _held(clause: Clause, value: bool) -> Reading:
    one = target(clause, _KINDS, what="deployment or cron job")
    field = "paused" if one.kind == "Deployment" else "suspend"
    patch = Patch(target=one, patch={"spec": {field: value}}, reason=field)
    if one.kind == "Deployment" and not value:
        patch = Patch(target=one, patch={"spec": {field: None}}, strategy="merge", reason=field)
        path: tuple[str, ...] = ("metadata", "name")
        wish = FieldEquals(target=one, path=path, value=one.name)
    else:
        wish = FieldEquals(target=one, path=("spec", field), value=value)
    return Reading(f"{'hold' if value else 'go on with'} {one}", (patch,), (wish,), about=one)


def _read_trigger(clause: Clause) -> Reading:
    """A job of the cron job's template, as `kubectl create job --from` makes it."""
    one = target(clause, ("CronJob",), what="cron job")
    found = workload_of(clause, one)
    if "spec" not in found:
        raise Missing("a cron job that is there")
    spec: dict[str, Any] = found["spec"]["jobTemplate"]["spec"]
    name = f"{one.name[:40]}-now-{secrets.token_hex(2)}"
    made = manifest("Job", name, one.namespace, spec=spec)
    made["metadata"]["annotations"] = {"cronjob.kubernetes.io/instantiate": "manual"}
    target_ = ObjectReference.to(made)
    says = f"run {one} now, as {target_}"
    return Reading(says, (Create(manifest=made),), (Ready(target=target_),), about=target_)


PAUSE = Intent(
    name="hold a rollout or a cron job",
    cues={"pause": 4, "stop": -0.5},
    all_of=(("pause",),),
    none_of=("why", "delete", "resume"),
    read=lambda clause: _held(clause, True),
    examples=("pause the rollout of web", "suspend the cronjob tidy"),
)
RESUME = Intent(
    name="go on with a rollout or a cron job",
    cues={"resume": 4},
    all_of=(("resume",),),
    none_of=("why", "delete"),
    read=lambda clause: _held(clause, False),
    examples=("resume the cronjob tidy",),
)
TRIGGER = Intent(
    name="run a cron job now",
    cues={"trigger": 2, "cronjob": 2, "create": 0.5, "job": 1},
    all_of=(("trigger",), ("cronjob", "job", "create")),
    none_of=("why", "delete", "image", "stop", "pause", "resume"),
    read=_read_trigger,
    examples=("run the cronjob tidy now",),
)
