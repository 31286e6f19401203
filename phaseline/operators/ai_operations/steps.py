"""T038 to T040: a fault diagnosed and repaired, the cluster analysed, use sampled, for real."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from phaseline.core.errors import CheckFailed, TimedOut
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.analysis.analysing import analyze
from phaseline.operators.ai_operations.execution.accounts import reader
from phaseline.operators.ai_operations.requests import Answer, Asked, carry_out
from phaseline.operators.ai_operations.sizing import recommending
from phaseline.operators.ai_operations.snapshot.objects import statuses, waiting
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.operators.clusters.embedded.layout import PAUSE
from phaseline.operators.clusters.scratch import scratch_namespace

_LIMIT = 60.0
Made = Mapping[str, Any]


def check_debugging(context: Context) -> Report:
    """Have a fault of an image and one of a Service found and repaired in a scratch namespace.

    Raises:
        CheckFailed: they are not repaired. PutBack: what was taken for the cause was none.
    """
    with scratch_namespace(context) as scratch:
        scratch.apply(_deployment("drift", f"{PAUSE}0"), _service("buoy", {"part": "drfit"}))
        with reader(context) as view:
            _await_fault(view, scratch.namespace)
        _repair(context, scratch.namespace)
        with reader(context) as view:
            left = [one for one in analyze(view, scratch.namespace).findings if one.evidence]
    if left:
        raise CheckFailed("faults are left after their repair", why="; ".join(o.what for o in left))
    return Report("a wrong image and a wrong selector found, repaired and verified")


def _await_fault(view: ClusterView, namespace: str) -> None:
    deadline = time.monotonic() + _LIMIT
    while not any(_stuck(pod) for pod in view.items("Pod", namespace)):
        if time.monotonic() > deadline:
            raise TimedOut("no pod tells that it has no image", why=f"after {_LIMIT:.0f} s")
        time.sleep(0.1)


def _stuck(pod: Made) -> bool:
    return any(waiting(one)[0] == "ErrImageNeverPull" for one in statuses(pod))


def _repair(context: Context, namespace: str) -> None:
    asked = Asked(request="fix what is broken", namespace=namespace)
    carry_out(context, asked, Answer(asked.request), lambda _: None, lambda _: True)


def check_analysis(context: Context) -> Report:
    """Have a planted fault found, and tell what there is to know of the application.

    Raises:
        CheckFailed: the fault is not found.
    """
    with scratch_namespace(context) as scratch, reader(context) as view:
        scratch.apply(_service("buoy", {"part": "nobody"}))
        found = {one.code for one in analyze(view, scratch.namespace).findings}
        if "service-selector" not in found:
            raise CheckFailed("the analysis misses a Service that selects no pod", why=str(found))
        own = analyze(view, context.pipeline.chart.namespace)
    counted = ", ".join(f"{count} {name}" for name, count in own.by_severity.items())
    return Report(f"{context.pipeline.application}: {counted or 'nothing found'}")


def check_sizing(context: Context) -> Report:
    """Take a sample of what the application uses; what it comes to is told, never applied.

    Raises:
        CheckFailed: no kubelet tells what containers use.
    """
    with reader(context) as view:
        found = recommending.optimize(context, view, context.pipeline.chart.namespace)
    return Report(recommending.summary(found))


def _deployment(name: str, image: str) -> Made:
    labels = {"part": name}
    rights = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    profile = {"type": "RuntimeDefault"}
    pod = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": profile}
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "securityContext": rights,
        "resources": {"limits": {"memory": "32Mi"}},
    }
    spec = {"containers": [container], "securityContext": pod, "terminationGracePeriodSeconds": 1}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def _service(name: str, selector: Mapping[str, str]) -> Made:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": dict(selector), "ports": [{"port": 80}]},
    }
