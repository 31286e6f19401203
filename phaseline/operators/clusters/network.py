"""Whether pods reach each other and resolve names: asked from inside their own networks."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from phaseline.core.errors import CheckFailed, PhaselineError
from phaseline.core.finding import Finding
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.process.run import run
from phaseline.process.threads import each
from phaseline.tools import dns, reach

KUBERNETES = "kubernetes.default.svc.cluster.local"
_PORT = 9393  # nothing listens there in a pod of ours
_FIX = "read .phaseline/cluster/logs/coredns.log and kube-proxy.log"


def from_machine(context: Context) -> Finding:
    """Whether the cluster's DNS answers; asked from this machine where it is in reach."""
    try:
        access.require_dns(context, KUBERNETES)
    except CheckFailed as error:
        return Finding("DNS", False, f"{error.what}: {error.why}", error.fix or _FIX)
    return Finding("DNS", True, f"{KUBERNETES} is known")


def from_pod(context: Context, pod: Mapping[str, Any]) -> Finding:
    """Whether a pod resolves a service's name, with its own resolv.conf, through the service."""
    name = pod["metadata"]["name"]
    title = f"DNS inside {name}"
    process = access.pod_processes(context).get(pod["metadata"]["uid"])
    if process is None:
        return Finding(title, False, "it has no process", _FIX)
    try:
        told = json.loads(run(dns.asked_in(process, [KUBERNETES])).stdout)
    except PhaselineError as error:
        return Finding(title, False, error.why, _FIX)
    found = ", ".join(told[KUBERNETES])
    return Finding(title, bool(found), f"{KUBERNETES} is {found or 'not known'}", _FIX)


def askable(pods: list[Any]) -> Mapping[str, Any] | None:
    """A running pod with a network and DNS as pods have by default; pure."""
    for pod in pods:
        spec = pod["spec"]
        plain = not spec.get("hostNetwork") and spec.get("dnsPolicy") == "ClusterFirst"
        if plain and pod["status"].get("phase") == "Running":
            found: Mapping[str, Any] = pod
            return found
    return None


def require_joined(context: Context, one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """See that each of two pods reaches the other at its address.

    Raises:
        CheckFailed: one does not; names both.
    """
    for listening, calling in ((one, other), (other, one)):
        _require_reached(context, listening, calling)


def _require_reached(
    context: Context, listening: Mapping[str, Any], calling: Mapping[str, Any]
) -> None:
    processes, word = access.pod_processes(context), secrets.token_hex(8)
    here, there = (processes.get(pod["metadata"]["uid"], 0) for pod in (listening, calling))
    address = listening["status"]["podIP"]
    commands = (reach.listener(here, _PORT, word), reach.caller(there, address, _PORT))
    try:
        _, called = each(lambda ask: ask(), [partial(run, command) for command in commands])
    except PhaselineError as error:
        names = [pod["metadata"]["name"] for pod in (calling, listening)]
        what = f"the pod {names[0]} does not reach {names[1]} at {address}"
        raise CheckFailed(what, why=error.why, fix=_FIX) from error
    if called.stdout != word:
        raise CheckFailed(f"something else answers at {address}", why=called.stdout[:80])
