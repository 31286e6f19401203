"""T032: each Service is found by its name, as a pod of the application finds it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.services.live import Live, look, pods
from phaseline.process.run import attempt
from phaseline.tools import dns

Addresses = dict[str, list[str]]


def check_discovery(context: Context) -> Report:
    """Look each Service up by its bare name, in a pod's network and with the pod's resolv.conf.

    A name has to lead to the Service's address, or to its pods' where it is headless. The first
    pod that DNS answers is asked: policies may forbid the question to some.

    Raises:
        CheckFailed: a name is not known or leads elsewhere, or DNS answers no pod.
    """
    services = look(context)
    pod, found = _asked(context, services)
    for live in services:
        if found[live.name] != (wanted := _addresses(live)):
            raise CheckFailed(
                f"in pod {pod}, {live.name} leads to {found[live.name]}",
                why=f"it should be {wanted}",
            )
    return Report(f"every Service is found by its name, asked in pod {pod}")


def _addresses(live: Live) -> list[str]:
    fixed = live.service["spec"].get("clusterIP", "None")
    return sorted(live.endpoints) if fixed == "None" else [fixed]


def _asked(context: Context, services: Iterable[Live]) -> tuple[str, Addresses]:
    """The pod that was asked, and what DNS says there of the services' names."""
    names = [live.name for live in services]
    refusal = "no pod is ready"
    for pod, process in _inside(context, services):
        completed = attempt(dns.asked_in(process, names))
        if completed.code == 0:
            told: Addresses = json.loads(completed.stdout)
            return pod, told
        refusal = f"in pod {pod}: {completed.stderr.strip().rpartition(chr(10))[2]}"
    raise CheckFailed(
        "the cluster's DNS answers no pod",
        why=refusal,
        fix="see that CoreDNS runs (`invoke cluster`), and that a NetworkPolicy allows port 53",
    )


def _inside(context: Context, services: Iterable[Live]) -> Iterator[tuple[str, int]]:
    """The pods behind the services, each with a process in its network."""
    processes = access.pod_processes(context)
    for pod in pods(context, services):
        if process := processes.get(pod["metadata"]["uid"]):
            yield pod["metadata"]["name"], process
