"""Whether what a scenario expects is so, and what is missing where it is not."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from kubernetes.utils.quantity import parse_quantity

from benchmarks.ai.cluster import Cluster, Object
from benchmarks.ai.model import Expectation, Scalar
from benchmarks.ai.paths import values

_EVERY = 0.4
_LASTS = 2.0  # a program that crashes at once has an available pod for a moment


def unmet(
    cluster: Cluster, namespace: str, expected: Sequence[Expectation], said: str = ""
) -> list[str]:
    """What is not as expected, in words; nothing when all is well."""
    found = [_check(cluster, one.namespace or namespace, one, said) for one in expected]
    return [one for one in found if one]


def awaited(
    cluster: Cluster,
    namespace: str,
    expected: Sequence[Expectation],
    *,
    limit: float,
    lasts: float = 0.0,
    said: str = "",
) -> list[str]:
    """Wait at most `limit` seconds until all is as expected, and still is `lasts` seconds later."""
    deadline = time.monotonic() + limit
    while True:
        missing = unmet(cluster, namespace, expected, said)
        if not missing and lasts:
            time.sleep(lasts)
            missing = unmet(cluster, namespace, expected, said)
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(_EVERY)


def holds(
    cluster: Cluster,
    namespace: str,
    expected: Sequence[Expectation],
    *,
    limit: float,
    said: str = "",
) -> list[str]:
    """As `awaited`, for what is to stay so."""
    return awaited(cluster, namespace, expected, limit=limit, lasts=_LASTS, said=said)


def _check(cluster: Cluster, namespace: str, one: Expectation, said: str) -> str:
    if one.object:
        return _object(cluster, namespace, one)
    if one.any:
        return _any(cluster, namespace, one)
    if one.available:
        return _available(cluster.find(one.available, namespace), one)
    if one.answers:
        return _answers(cluster, namespace, one)
    if one.logs:
        return _logs(cluster, namespace, one)
    if one.pods:
        return _pods(cluster.pods(namespace, one.pods), one)
    if one.event:
        return _event(cluster, namespace, one)
    if one.may:
        return _may(cluster, namespace, one)
    return "" if re.search(one.says, said, re.IGNORECASE) else f"the answer lacks {one.says!r}"


def _object(cluster: Cluster, namespace: str, one: Expectation) -> str:
    found = cluster.find(one.object, namespace)
    if not one.path:
        there = found is not None
        return "" if there is not one.absent else f"{one.object} is {'' if there else 'not '}there"
    held = values(found, one.path)
    if one.absent:
        return f"{one.object} has {one.path}: {held}" if held else ""
    if any(_fits(value, one) for value in held):
        return ""
    return f"{one.object} has {held or 'nothing'} at {one.path}"


def _fits(value: Any, one: Expectation) -> bool:
    return (
        (one.equals is None or _same(value, one.equals))
        and (one.one_of is None or any(_same(value, wanted) for wanted in one.one_of))
        and (one.matches is None or re.search(one.matches, str(value)) is not None)
        and (one.at_least is None or parse_quantity(value) >= parse_quantity(one.at_least))
        and (one.at_most is None or parse_quantity(value) <= parse_quantity(one.at_most))
    )


def _same(value: Any, wanted: Scalar) -> bool:
    """Whether they are equal, also as quantities: 1Gi is 1024Mi."""
    if str(value) == str(wanted):
        return True
    try:
        return bool(parse_quantity(value) == parse_quantity(wanted))
    except (ValueError, TypeError):
        return False


def _any(cluster: Cluster, namespace: str, one: Expectation) -> str:
    listed = cluster.every(one.any, namespace)
    if any(_all(found, one.where) for found in listed):
        return ""
    return f"none of {len(listed)} {one.any} has {one.where}"


def _all(found: Object, where: dict[str, Scalar]) -> bool:
    return all(
        any(_same(value, wanted) for value in values(found, path)) for path, wanted in where.items()
    )


def _available(found: Object | None, one: Expectation) -> str:
    """Rolled out, as `kubectl rollout status` tells it."""
    if found is None:
        return f"{one.available} is not there"
    spec, status = found["spec"], found.get("status", {})
    wanted = spec.get("replicas", 1) if one.replicas is None else one.replicas
    seen = status.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
    # a StatefulSet says `updatedReplicas` of a rolling update only
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    counts = {name: status.get(name, 0) for name in names}
    if found["kind"] == "StatefulSet" and status.get("currentRevision") == status.get(
        "updateRevision"
    ):
        counts["updatedReplicas"] = counts["replicas"]
    right = spec.get("replicas") == wanted and all(one == wanted for one in counts.values())
    return "" if seen and right else f"{one.available} has {counts}, not {wanted}"


def _answers(cluster: Cluster, namespace: str, one: Expectation) -> str:
    place = f"/api/v1/namespaces/{namespace}/services/{one.answers}:{one.port}/proxy"
    status, body = cluster.text(place + quote(one.path or "/", safe="/?=&"))
    if status == 200 and one.contains in body:
        return ""
    return f"service {one.answers} answers {status} {body[:150]!r}"


def _logs(cluster: Cluster, namespace: str, one: Expectation) -> str:
    for pod in cluster.pods(namespace, one.logs):
        for container in pod["spec"]["containers"]:
            place = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/log"
            for previous in ("false", "true"):
                chosen = f"?container={container['name']}&previous={previous}"
                if one.contains in cluster.text(place + chosen)[1]:
                    return ""
    return f"no log of {one.logs} has {one.contains!r}"


def _pods(pods: list[Object], one: Expectation) -> str:
    seen = [(reason, restarts) for pod in pods for reason, restarts in _states(pod)]
    for state, restarts in seen:
        if re.fullmatch(one.state or ".*", state) and restarts >= one.restarts:
            return ""
    return f"pods {one.pods} are {sorted({state for state, _ in seen})}"


def _states(pod: Object) -> list[tuple[str, int]]:
    """Its phase, and why its containers wait or have ended, each with the restarts."""
    status = pod["status"]
    containers = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    found = [(status.get("phase", ""), 0)]
    for one in containers:
        for moment in ("state", "lastState"):
            for told in one.get(moment, {}).values():
                found.append((told.get("reason", ""), one["restartCount"]))
    return found


def _event(cluster: Cluster, namespace: str, one: Expectation) -> str:
    listed = [each for each in cluster.every("Event", namespace) if each["reason"] == one.event]
    if any(one.contains in each["message"] for each in listed):
        return ""
    return f"no event {one.event} with {one.contains!r}"


def _may(cluster: Cluster, namespace: str, one: Expectation) -> str:
    assert one.may
    who = one.may.user or f"system:serviceaccount:{namespace}:{one.may.account}"
    question = ("auth", "can-i", one.may.verb, one.may.resource, f"--as={who}", "-n", namespace)
    allowed = cluster.ask(*question).code == 0
    words = f"{who} may {'' if allowed else 'not '}{one.may.verb} {one.may.resource}"
    return "" if allowed is one.allowed else words
