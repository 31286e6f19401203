"""The rehearsal of a plan: each change tried by the API server, which keeps none of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from phaseline.operators.ai_operations.execution.accounts import Writer
from phaseline.operators.ai_operations.execution.change import Change, change
from phaseline.operators.ai_operations.execution.difference import difference
from phaseline.operators.ai_operations.plans.model import Create, ObjectReference, Plan
from phaseline.operators.ai_operations.view import ClusterView

_TRIED = "dryRun=All&fieldManager=phaseline-ai"
APPLIED = "fieldManager=phaseline-ai"


@dataclass(frozen=True)
class Step:
    """One change, and what it would make of its object, as lines."""

    change: Change
    lines: tuple[str, ...]

    @property
    def idle(self) -> bool:
        """Whether it would change nothing."""
        return self.change.method == "PATCH" and not self.lines


def rehearse(plan: Plan, view: ClusterView, writer: Writer, home: str) -> tuple[Step, ...]:
    """Try each change of a plan without keeping it.

    What goes into a namespace that the plan itself makes is tried in `home`.

    Raises:
        Refused: the cluster is not as the plan takes it to be. CommandFailed: a change is refused
            by the API server.
    """
    made = {
        one.target.name
        for one in plan.operations
        if isinstance(one, Create) and one.target.kind == "Namespace"
    }
    steps: list[Step] = []
    for operation in plan.operations:
        gone = {step.change.target for step in steps if step.change.method == "DELETE"}
        found = change(operation, view, replaced=operation.target in gone)
        elsewhere = home if found.target.namespace in made else ""
        answer = _try(_beside(found) if found.target in gone else found, writer, elsewhere)
        after = None if found.method == "DELETE" else {**answer, "kind": found.target.kind}
        before = {**found.before, "kind": found.target.kind} if found.before else None
        shown = found.body if before is None and found.method != "DELETE" else after
        steps.append(Step(found, tuple(difference(before, shown))))
    return tuple(steps)


def _beside(one: Change) -> Change:
    """The making of an object, under a name that is free: its own still is in use."""
    body = one.body or {}
    free = f"{body['metadata']['name'][:50]}-{secrets.token_hex(3)}"
    return replace(one, body={**body, "metadata": {**body["metadata"], "name": free}})


def _try(one: Change, writer: Writer, elsewhere: str) -> Mapping[str, Any]:
    """What the API server answers to a change that it does not keep."""
    namespace, path, body = one.target.namespace, one.path, one.body
    if elsewhere:
        metadata = {**(one.body or {})["metadata"], "namespace": elsewhere}
        path, body = one.target.of.folder(elsewhere), {**(one.body or {}), "metadata": metadata}
        writer.enter(elsewhere, instead=namespace)
    else:
        writer.enter(namespace)
    if one.method == "DELETE":
        # with a body, the API server does not read what the address says of a dry run
        body = {**(body or {}), "dryRun": ["All"]}
    answer: Mapping[str, Any] = writer.api.send(one.method, f"{path}?{_TRIED}", body, form=one.form)
    return answer


def title(target: ObjectReference, method: str) -> str:
    """What is done to an object, as a heading."""
    verb = {"POST": "create", "PATCH": "change", "DELETE": "remove"}[method]
    return f"{verb} {target}"
