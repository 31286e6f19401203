"""What several rules ask of a workload, and how they change it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from phaseline.operators.ai_operations.diagnosis.finding import Edit, change
from phaseline.operators.ai_operations.secrecy import discreet
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import (
    Object,
    container,
    containers,
    ended,
    healthy,
    pod_spec,
    ports,
    statuses,
)

_SHOWN = 240  # characters of a quoted line
_RELAPSE = 60.0  # seconds
_WITH_ITS_NODE = "Unknown"  # why a container ended that kubelet did not see end


@dataclass(frozen=True)
class Running:
    """A container of a pod, as it is specified and as it runs.

    Attributes:
        specified: as the workload's template has it: a pod of an earlier one is left out.
    """

    workload: Workload
    pod: Object
    specified: Object
    status: Object

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.specified["name"])

    def logs(self, snapshot: Snapshot) -> str:
        """What it said last: in the life that ended, where it has ended."""
        where = (self.pod["metadata"].get("namespace", ""), self.pod["metadata"]["name"], self.name)
        if self.status.get("lastState"):
            return snapshot.logs(*where, True) or snapshot.logs(*where, False)
        return snapshot.logs(*where, False)


def running(workload: Workload) -> Iterator[Running]:
    """The containers of a workload's pods, of its newest template."""
    for pod in workload.pods:
        for status in statuses(pod):
            found = container(workload.spec, status["name"])
            same = container(pod["spec"], status["name"])
            if found and found.get("image") == same.get("image", found.get("image")):
                yield Running(workload, pod, found, status)


def failing(workload: Workload) -> Iterator[Running]:
    """One of each container that has ended badly or waits to be started again."""
    seen = set()
    for one in running(workload):
        state = one.status.get("state") or {}
        bad = "waiting" in state or one.status.get("restartCount", 0) or _failed(state)
        up = one.status.get("ready") and not relapsing(one.status)
        if bad and not up and ended(one.status) and one.name not in seen:
            seen.add(one.name)
            yield one


def relapsing(status: Object) -> bool:
    """Whether a container has ended badly, and was started again less than a minute ago.

    Without a readiness probe one that crashes is ready for a moment, again and again.
    """
    end, began = ended(status), (status.get("state", {}).get("running") or {}).get("startedAt")
    if not began or not end.get("exitCode") or end.get("reason") == _WITH_ITS_NODE:
        return False
    return (datetime.now(UTC) - datetime.fromisoformat(began)).total_seconds() < _RELAPSE


def _failed(state: Object) -> bool:
    return bool((state.get("terminated") or {}).get("exitCode"))


def edit_spec(workload: Workload, what: str, by: Callable[[Any], None]) -> Edit:
    """An edit of a workload's pod spec."""
    return change(workload.object, what, lambda one: by(pod_spec(one)))


def edit_container(workload: Workload, name: str, what: str, by: Callable[[Any], None]) -> Edit:
    """An edit of one container of a workload."""
    return edit_spec(workload, what, lambda spec: by(container(spec, name)))


def earlier(workload: Workload, name: str) -> Iterator[Object]:
    """The container of that name in templates of before, newest first."""
    for template in workload.earlier:
        if found := container(template.get("spec") or {}, name):
            yield found


def siblings(snapshot: Snapshot, workload: Workload, image: str) -> Iterator[Object]:
    """Containers of the same image in other workloads of the namespace that are well."""
    for other in snapshot.workloads(workload.ref.namespace):
        if other.ref != workload.ref and healthy(other.object) and other.pods:
            yield from (
                one
                for one in containers(other.spec)
                if repository(one["image"]) == repository(image)
            )


def repository(image: str) -> str:
    """An image's name without tag and digest."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


_LISTENS = re.compile(
    r"(?:listen\w*|running|started|serving|bound|ready|port)\b[^\n]{0,60}?(?:[:\s=]|port\s)(\d{2,5})\b",
    re.IGNORECASE,
)


def open_ports(snapshot: Snapshot, one: Running) -> frozenset[int]:
    """The ports on which a container's pod listens: as its kernel says, else as its log says."""
    if (found := snapshot.listening(one.pod)) is not None:
        return found
    said = {int(number) for number in _LISTENS.findall(one.logs(snapshot))}
    declared = {number for _, number in ports(one.workload.spec)}
    return frozenset(said & declared) or frozenset(said if len(said) == 1 else ())


def quoted(lines: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Lines as evidence: the last few, none twice, none too long, nothing secret in them."""
    unique = [*dict.fromkeys(discreet(line.strip()) for line in lines if line.strip())]
    return tuple(line[:_SHOWN] for line in unique[-most:])


def lines_with(text: str, pattern: re.Pattern[str]) -> list[str]:
    """The lines of `text` in which `pattern` is found."""
    return [line for line in text.splitlines() if pattern.search(line)]
