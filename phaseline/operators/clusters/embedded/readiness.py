"""Waiting for a node that starts: its processes, its readiness, its pods."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from phaseline.core.errors import CheckFailed, TimedOut
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.operators.clusters.embedded.running import status, supervisor, tail
from phaseline.process import journal
from phaseline.process.groups import pause
from phaseline.tools.api_server import connected

GIVE_UP_AFTER = 6  # restarts of a unit that never became ready

_PATIENCE_WITH_PODS = 10.0  # seconds that pods have to be ready again after a start


def await_units(layout: Layout, deadline: float, names: tuple[str, ...]) -> None:
    """Wait until the processes `names` are ready.

    Raises:
        CheckFailed: the node could not be prepared, or has ended.
        TimedOut: one ends again and again, or `deadline` (monotonic seconds) is over.
    """
    said = 0.0
    while True:
        now = status(layout)
        waiting = [name for name in names if not now["units"].get(name, {}).get("ready")]
        if now["phase"] == "running" and not waiting:
            return
        if now["phase"] in ("failed", "stopped") or supervisor(layout) is None:
            cause = now["fault"] or tail(layout, "supervisor")
            raise CheckFailed("the node could not be prepared", why=cause)
        failing = [n for n in waiting if now["units"].get(n, {}).get("restarts", 0) > GIVE_UP_AFTER]
        if failing or time.monotonic() > deadline:
            first = (failing or waiting or ["supervisor"])[0]
            raise TimedOut(f"{first} did not become ready", why=tail(layout, first))
        if time.monotonic() - said > 2.0:
            said = time.monotonic()
            journal.progress(f"waiting for {', '.join(waiting) or now['phase']}")
        pause(0.05)


def await_node(layout: Layout, deadline: float) -> None:
    """Wait until the node is Ready.

    Raises:
        TimedOut: `deadline` (monotonic seconds) is over; says what kubelet says.
    """
    while True:
        with connected(layout.folder / "kubeconfig") as api:
            node = api.get(f"/api/v1/nodes/{layout.state.name}")
        conditions = {c["type"]: c for c in node["status"].get("conditions", [])} if node else {}
        ready = conditions.get("Ready", {"status": "Unknown", "message": "it has not registered"})
        if ready["status"] == "True":
            return
        if time.monotonic() > deadline:
            raise TimedOut("the node is not Ready", why=ready["message"] + tail(layout, "kubelet"))
        journal.progress(f"waiting for the node to be Ready: {ready['message'][:80]}")
        pause(0.1)


def await_pods(layout: Layout, launched: float, deadline: float) -> None:
    """Wait until no pod is told by a status from before the launch, and a little until all serve.

    One that stays unready is no fault of the node.
    """
    while stale := _stale(layout, launched):
        name = stale[0]["metadata"]["name"]
        if time.monotonic() > deadline:
            raise TimedOut(f"the pod {name} is not taken up again", why=tail(layout, "kubelet"))
        journal.progress(f"waiting for the node to take up {name} again")
        pause(0.2)
    patient = min(deadline, time.monotonic() + _PATIENCE_WITH_PODS)
    while (late := _late(layout)) and time.monotonic() < patient:
        journal.progress(f"waiting for {late[0]['metadata']['name']} to serve again")
        pause(0.2)


def _stale(layout: Layout, launched: float) -> list[Mapping[str, Any]]:
    with connected(layout.folder / "kubeconfig") as api:
        return [pod for pod in api.items("/api/v1/pods") if predates(pod, launched)]


def _late(layout: Layout) -> list[Mapping[str, Any]]:
    with connected(layout.folder / "kubeconfig") as api:
        return [pod for pod in api.items("/api/v1/pods") if is_late(pod)]


def is_late(pod: Mapping[str, Any]) -> bool:
    """Whether a pod that is to serve is not ready."""
    if pod["status"].get("phase") != "Running" or "deletionTimestamp" in pod["metadata"]:
        return False
    seen = {one["type"]: one["status"] for one in pod["status"].get("conditions", [])}
    return seen.get("Ready") != "True"


def predates(pod: Mapping[str, Any], moment: float) -> bool:
    """Whether a pod's status has a container run that began before `moment` (epoch seconds)."""
    states = [one.get("state", {}) for one in pod["status"].get("containerStatuses", [])]
    begun = [state["running"]["startedAt"] for state in states if "running" in state]
    return any(datetime.fromisoformat(text).timestamp() < int(moment) for text in begun)
