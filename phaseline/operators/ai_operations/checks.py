"""T036 to T038: requests in words, carried out for real on scratch objects."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.planner import SOURCE
from phaseline.operators.ai_operations.requests import Answer, Asked, carry_out
from phaseline.operators.clusters.embedded.layout import PAUSE
from phaseline.operators.clusters.scratch import scratch_namespace

_MADE = f"create a deployment called probe-me with image {PAUSE}"


def check_deployment(context: Context) -> Report:
    """Have a Deployment made by a request, and another refused that is there already.

    Raises:
        CheckFailed: it was made though it was there. PutBack: it did not come up.
    """
    with scratch_namespace(context) as scratch:
        _ask(context, f"{_MADE} and 1 replica", scratch.namespace)
        _ask(context, "set MODE=quiet on probe-me", scratch.namespace)
        try:
            _ask(context, "delete probe", scratch.namespace)
        except NotUnderstood:
            return Report("made, changed and verified by request; a guess at a removal was refused")
    raise CheckFailed("a request that only guesses at a name removed something")


def check_scaling(context: Context) -> Report:
    """Have a Deployment scaled to a number and by a share.

    Raises:
        CheckFailed: it does not end with as many pods as were asked for.
    """
    with scratch_namespace(context) as scratch:
        _ask(context, f"{_MADE} and 1 replica", scratch.namespace)
        _ask(context, "bump probe-me up to three copies", scratch.namespace)
        _ask(context, "make one less replica of probe-me", scratch.namespace)
        found = scratch.run("get", "deployment/probe-me", "-o", "jsonpath={.status.readyReplicas}")
    if found != "2":
        raise CheckFailed("scaling by request does not lead where it should", why=f"{found} pods")
    return Report("scaled to a number and by one, each verified")


def _ask(context: Context, request: str, namespace: str) -> Answer:
    answer = Answer(request)
    asked = Asked(request=request, namespace=namespace, assistant=SOURCE)
    carry_out(context, asked, answer, lambda _: None, lambda _: True)
    return answer
