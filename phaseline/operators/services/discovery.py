"""T032: each Service is found by its name, as a pod of the application finds it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.services.live import Live, look, pods
from phaseline.process.command import Command
from phaseline.process.run import attempt
from phaseline.tools import dns

Addresses = dict[str, list[str]]

_KUBERNETES = "kubernetes.default.svc.cluster.local"
_LACKING = ("executable file not found", "no such file or directory")  # of container runtimes


class _NobodyToAsk(Exception):
    """No container has a program that could ask."""


def check_discovery(context: Context) -> Report:
    """Look each Service up by its bare name, in a pod's network and with the pod's resolv.conf.

    A name has to lead to the Service's address, or to its pods' where it is headless. The first
    pod that DNS answers is asked: policies may forbid the question to some. In a cluster that
    others run it is asked by a container that has Python.

    Raises:
        CheckFailed: a name is not known or leads elsewhere, or DNS answers no pod.
    """
    services = look(context)
    try:
        pod, found = _asked(context, services)
    except _NobodyToAsk:
        access.require_dns(context, _KUBERNETES)
        return Report("not asked from inside a pod, for none has Python; the cluster's DNS is up")
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
    refusal, able = "no pod is ready", access.is_embedded(context)
    for pod, question in _questions(context, services, names):
        completed = attempt(question)
        if completed.code == 0:
            told: Addresses = json.loads(completed.stdout)
            return pod, told
        able = able or not any(sign in completed.stderr for sign in _LACKING)
        refusal = f"in pod {pod}: {completed.stderr.strip().rpartition(chr(10))[2]}"
    if not able and refusal != "no pod is ready":
        raise _NobodyToAsk
    raise CheckFailed(
        "the cluster's DNS answers no pod",
        why=refusal,
        fix="see that CoreDNS runs (`invoke cluster`), and that a NetworkPolicy allows port 53",
    )


def _questions(
    context: Context, services: Iterable[Live], names: list[str]
) -> Iterator[tuple[str, Command]]:
    """For each pod behind the services, its name and a command that asks for `names` in it."""
    if access.is_embedded(context):
        for pod, process in _inside(context, services):
            yield pod, dns.asked_in(process, names)
        return
    kubectl, namespace = access.kubectl(context), context.pipeline.chart.namespace
    for one in pods(context, services):
        for container in one["spec"]["containers"]:
            name = one["metadata"]["name"]
            place = ("exec", "-n", namespace, name, "-c", container["name"], "--")
            yield name, kubectl.command(*place, *dns.asked_by_python(names), data=True)


def _inside(context: Context, services: Iterable[Live]) -> Iterator[tuple[str, int]]:
    """The pods behind the services, each with a process in its network."""
    processes = access.pod_processes(context)
    for pod in pods(context, services):
        if process := processes.get(pod["metadata"]["uid"]):
            yield pod["metadata"]["name"], process
