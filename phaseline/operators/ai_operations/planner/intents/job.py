"""Jobs, and jobs by a schedule."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.amounts import schedule
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.names import base_name, images, new_name
from phaseline.operators.ai_operations.planner.pods import pod_spec
from phaseline.operators.ai_operations.plans.model import Create, Exists, ObjectReference, Ready

_NUMBERS = {
    "completions": ("completions", "times"),
    "parallelism": ("parallel", "parallelism"),
    "backoffLimit": ("retries", "backoff", "tries", "attempts"),
}


def _job_spec(clause: Clause) -> dict[str, Any]:
    pods = {**pod_spec(clause), "restartPolicy": "Never"}
    if clause.sentence.word("onfailure"):
        pods["restartPolicy"] = "OnFailure"
    spec: dict[str, Any] = {"template": {"spec": pods}}
    for field, words in _NUMBERS.items():
        for one in clause.sentence.numbers:
            around = range(max(0, one.start - 2), min(one.stop + 2, len(clause.sentence.tokens)))
            if any(clause.sentence.tokens[i].low in words for i in around):
                spec[field] = int(one.value)
    return spec


def _read_job(clause: Clause) -> Reading:
    spec = _job_spec(clause)
    name = new_name(clause, ("job", "task"), base_name(images(clause)[0][1]))
    one = manifest("Job", name, clause.namespace, spec=spec)
    target = ObjectReference.to(one)
    says = f"run {target} with {spec['template']['spec']['containers'][0]['image']}"
    return Reading(says, (Create(manifest=one),), (Ready(target=target),), about=target)


def _read_cron(clause: Clause) -> Reading:
    found = schedule(clause.sentence)
    if not found:
        raise Missing("its schedule")
    name = new_name(
        clause, ("cronjob", "cron", "job"), base_name((images(clause) or [(0, "")])[0][1])
    )
    spec = {"schedule": found, "jobTemplate": {"spec": _job_spec(clause)}}
    one = manifest("CronJob", name, clause.namespace, spec=spec)
    target = ObjectReference.to(one)
    says = f"make {target} with the schedule “{found}”"
    return Reading(says, (Create(manifest=one),), (Exists(target=target),), about=target)


JOB = Intent(
    name="run a job",
    cues={"create": 2, "job": 3, "image": 1, "cronjob": -3, "pod": -0.5, "deployment": -1},
    all_of=(("job",), ("create", "image")),
    none_of=("why", "delete", "cronjob", "restart"),
    read=_read_job,
    examples=("run a job called greet with image busybox that runs 'echo hello'",),
)
CRONJOB = Intent(
    name="make a cron job",
    cues={"create": 2, "cronjob": 4, "job": 1, "image": 1, "every": 1},
    all_of=(("cronjob", "every"), ("create", "image", "job")),
    none_of=("why", "delete", "pause", "resume", "trigger", "probe", "daemonset"),
    read=_read_cron,
    examples=("create a cronjob tidy with image busybox every 5 minutes running 'date'",),
)
