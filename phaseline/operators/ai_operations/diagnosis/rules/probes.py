"""Probes that ask in the wrong place, the wrong way or too impatiently.

A wrong probe is corrected, never taken away. Where a program does listen is told by its pod's
kernel, by its log, or by what answers through the API server's proxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import (
    Running,
    earlier,
    edit_container,
    open_ports,
    quoted,
    running,
    siblings,
)
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import Object, ended
from phaseline.operators.ai_operations.snapshot.quantity import amount

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_PATHS = (
    "/healthz",
    "/health",
    "/readyz",
    "/ready",
    "/livez",
    "/live",
    "/api/health",
    "/status",
    "/",
)
_STATUS = re.compile(r"statuscode: (\d+)")
_PLAIN = re.compile(r"HTTP response to HTTPS client", re.I)
_SECURE = re.compile(
    r"HTTP request to an HTTPS server|malformed HTTP response|statuscode: 400", re.I
)
_REFUSED = re.compile(r"connection refused|connect: ")
_LATE = re.compile(r"deadline exceeded|Client\.Timeout|timeout|timed out", re.I)
_NO_PROGRAM = re.compile(r"executable file not found|no such file or directory|not found", re.I)
_KILLED = (0, 137, 143)  # exit codes of what kubelet ends: by SIGTERM, by SIGKILL
_SLOW = 0.1  # cores below which most programs take long to start


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Containers that are not ready, or that are killed, because a probe fails."""
    for workload in snapshot.troubled(namespace):
        seen: set[tuple[str, str]] = set()
        messages = snapshot.messages(workload, "Unhealthy", "Killing")
        for one in running(workload):
            for kind in PROBES:
                probe = one.specified.get(kind)
                if not probe or (one.name, kind) in seen or not _matters(one, kind, messages):
                    continue
                seen.add((one.name, kind))
                said = [m for m in messages if m.lower().startswith(kind.removesuffix("Probe"))]
                if found := _cause(snapshot, one, kind, probe, said):
                    yield found


def _matters(one: Running, kind: str, messages: list[str]) -> bool:
    """Whether this probe is what keeps the container from being ready."""
    failed = any(
        text.lower().startswith(f"{kind.removesuffix('Probe')} probe") for text in messages
    )
    state = one.status.get("state") or {}
    if kind == "readinessProbe":
        return failed and "running" in state and not one.status.get("ready")
    restarted = one.status.get("restartCount", 0) > 0
    return failed and (restarted or not one.status.get("ready"))


def _cause(
    snapshot: Snapshot, one: Running, kind: str, probe: Object, said: list[str]
) -> Cause | None:
    text = " ".join(said)
    if "exec" in probe:
        return _program(snapshot, one, kind, said) if _NO_PROGRAM.search(text) else None
    how = "httpGet" if "httpGet" in probe else "tcpSocket" if "tcpSocket" in probe else "grpc"
    asked, port = probe[how], _number(one, probe[how].get("port"))
    heard = open_ports(snapshot, one)
    others = _others(one, kind)
    if (heard and port not in heard) or port == 0:
        right = _port(one, heard, others)
        return _fixed(
            one, kind, said, {how: {**asked, "port": right}}, "port", asked.get("port"), right
        )
    if how != "httpGet":
        return _patience(one, kind, probe, said)
    if _PLAIN.search(text):
        right_scheme = {how: {**asked, "scheme": "HTTP"}}
        return _fixed(one, kind, said, right_scheme, "scheme", "HTTPS", "HTTP")
    if _SECURE.search(text) and asked.get("scheme", "HTTP") == "HTTP" and "400" not in text:
        return _fixed(
            one, kind, said, {how: {**asked, "scheme": "HTTPS"}}, "scheme", "HTTP", "HTTPS"
        )
    if (status := _STATUS.findall(text)) and status[-1] in (
        "404",
        "405",
        "401",
        "403",
        "301",
        "302",
    ):
        path = _path(snapshot, one, kind, asked, port)
        new = {how: {**asked, "path": path}}
        return _fixed(one, kind, said, new, "path", asked.get("path", "/"), path)
    if status and not heard:
        return None
    right = _port(one, frozenset(), others)
    if _REFUSED.search(text) and not heard and right not in (0, port):
        new = {how: {**asked, "port": right}}
        return _fixed(one, kind, said, new, "port", asked.get("port"), right, confidence=0.65)
    return _patience(one, kind, probe, said)


def _number(one: Running, port: str | int | None) -> int:
    """A port as a number; 0 for a name that no port has."""
    if isinstance(port, int):
        return port
    if isinstance(port, str) and port.isdecimal():
        return int(port)
    named = {p.get("name"): p["containerPort"] for p in one.specified.get("ports") or ()}
    return int(named.get(port, 0))


def _others(one: Running, kind: str) -> list[Object]:
    """How the container's other probes ask."""
    probes = [one.specified[each] for each in PROBES if each != kind and each in one.specified]
    return [probe["httpGet"] for probe in probes if "httpGet" in probe]


def _port(one: Running, heard: frozenset[int], others: list[Object]) -> int:
    """Where to ask instead; 0 where that cannot be told."""
    declared = [int(p["containerPort"]) for p in one.specified.get("ports") or ()]
    for number in (*(_number(one, each.get("port")) for each in others), *declared):
        if number in heard or (not heard and number):
            return number
    for before in (each for each in earlier(one.workload, one.name)):
        for probe in (before.get(kind) or {} for kind in PROBES):
            number = _number(one, (probe.get("httpGet") or {}).get("port", 0))
            if number and (not heard or number in heard):
                return number
    return next(iter(heard)) if len(heard) == 1 else 0


def _path(snapshot: Snapshot, one: Running, kind: str, asked: Object, port: int) -> str:
    """A path that answers well: of a template before, another probe, one like it, a usual one."""
    before = [each.get(kind, {}).get("httpGet", {}) for each in earlier(one.workload, one.name)]
    alike = [
        each.get(name, {}).get("httpGet", {})
        for each in siblings(snapshot, one.workload, one.specified["image"])
        for name in (kind, *PROBES)
    ]
    sure = [each["path"] for each in (*before, *alike) if each.get("path")]
    others = [each["path"] for each in _others(one, kind) if each.get("path")]
    wrong = asked.get("path", "/")
    tried = [path for path in dict.fromkeys((*sure, *others, *_PATHS)) if path != wrong]
    well = [path for path in tried if 200 <= snapshot.answers(one.pod, port, path) < 400]
    if well:
        return next((path for path in well if path in sure), "") or meant(wrong, well) or well[0]
    trusted = [path for path in (*sure, *others) if path != wrong]
    return trusted[0] if trusted else ""


def _fixed(
    one: Running,
    kind: str,
    said: list[str],
    new: Object,
    what: str,
    wrong: object,
    right: object,
    *,
    confidence: float = 0.92,
) -> Cause:
    def by(container: Any) -> None:
        container[kind].update(new)

    words = f"{kind} of {one.name}: {what} {right} instead of {wrong}"
    edits = (edit_container(one.workload, one.name, words, by),) if right else ()
    advice = f"correct the {what} of the {kind} of {one.name}"
    return Cause(
        rule=f"probe-{what}",
        subject=one.workload.ref,
        what=f"the {kind} of {one.name} asks at {what} {wrong}, where nothing answers it well",
        evidence=quoted(said),
        edits=edits,
        confidence=confidence,
        advice="" if edits else advice,
    )


def _program(snapshot: Snapshot, one: Running, kind: str, said: list[str]) -> Cause:
    """A probe that runs a program which the image does not have."""
    others = _others(one, kind)
    before = [each[kind] for each in earlier(one.workload, one.name) if kind in each]
    heard = open_ports(snapshot, one)
    port = _port(one, heard, others)
    new: dict[str, Any] = {}
    if before and before[0].get("exec") != one.specified[kind]["exec"]:
        new = {k: v for k, v in before[0].items() if k in ("exec", "httpGet", "tcpSocket", "grpc")}
    elif others:
        new = {"httpGet": others[0]}
    elif port:
        new = {"tcpSocket": {"port": port}}

    def by(container: Any) -> None:
        container[kind].pop("exec")
        container[kind].update(new)

    way = next(iter(new), "")
    words = f"{kind} of {one.name} by {way} instead of a program that is not there"
    return Cause(
        rule="probe-program",
        subject=one.workload.ref,
        what=f"the {kind} of {one.name} runs a program that the image does not have",
        evidence=quoted(said),
        edits=(edit_container(one.workload, one.name, words, by),) if new else (),
        confidence=0.85,
        advice="" if new else f"let the {kind} of {one.name} ask by HTTP or TCP",
    )


def _patience(one: Running, kind: str, probe: Object, said: list[str]) -> Cause | None:
    """A probe that is right and gives up too early."""
    if not _LATE.search(" ".join(said)) and not _kills_early(one, kind, probe):
        return None
    limit = amount((one.specified.get("resources") or {}).get("limits", {}).get("cpu"))
    if 0 < limit < _SLOW:
        return _throttled(one, kind, said, limit)

    def by(container: Any) -> None:
        new = container[kind]
        new["timeoutSeconds"] = max(5, new.get("timeoutSeconds", 1))
        new["failureThreshold"] = max(3, new.get("failureThreshold", 3))
        if kind != "readinessProbe" and _kills_early(one, kind, probe):
            period = max(1, new.get("periodSeconds", 10))
            if kind == "startupProbe" or "startupProbe" in container:
                new["failureThreshold"] = max(new["failureThreshold"], -(-120 // period))
            else:
                asks = {k: v for k, v in new.items() if k in ("httpGet", "tcpSocket", "grpc")}
                container["startupProbe"] = {**asks, "periodSeconds": 2, "failureThreshold": 60}

    words = f"{kind} of {one.name}: more time"
    return Cause(
        rule="probe-timing",
        subject=one.workload.ref,
        what=f"the {kind} of {one.name} gives up before the program can answer",
        evidence=(_times(probe), *quoted(said)),
        edits=(edit_container(one.workload, one.name, words, by),),
        confidence=0.75,
    )


def _kills_early(one: Running, kind: str, probe: Object) -> bool:
    """Whether it ends a container within seconds of its start."""
    if kind == "readinessProbe" or not one.status.get("restartCount", 0):
        return False
    if ended(one.status).get("exitCode") not in _KILLED:
        return False  # it has ended by itself
    spent = probe.get("initialDelaySeconds", 0) + (
        probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
    )
    return (bool(spent < 20) and "startupProbe" not in one.specified) or kind == "startupProbe"


def _times(probe: Object) -> str:
    names = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")
    return ", ".join(f"{name} {probe[name]}" for name in names if name in probe)


def _throttled(one: Running, kind: str, said: list[str], limit: float) -> Cause:
    def by(container: Any) -> None:
        container["resources"]["limits"]["cpu"] = "500m"

    words = f"cpu limit of {one.name}: 500m instead of {limit:g}"
    return Cause(
        rule="cpu-throttled",
        subject=one.workload.ref,
        what=f"{one.name} may use {limit:g} of a core: it starts too slowly for its {kind}",
        evidence=(f"limits.cpu is {limit:g}", *quoted(said)),
        edits=(edit_container(one.workload, one.name, words, by),),
        confidence=0.8,
    )


RULE = Rule("probe", ("Pod", "Event"), find)
