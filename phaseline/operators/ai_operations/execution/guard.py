"""What no plan may do, whoever made it and whoever approves it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.plans.model import Create, Delete, Operation, Patch, Plan

SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})
# Kinds without a namespace that an application team makes itself.
_OUTSIDE = frozenset({"Namespace"})
# Kinds that others make: a controller, kubelet, the API server.
_MADE_BY_OTHERS = frozenset(
    {"Node", "Event", "Endpoints", "EndpointSlice", "ReplicaSet", "ControllerRevision"}
)
_OF_THE_NODE = ("hostNetwork", "hostPID", "hostIPC", "hostPath", "privileged")
_KEPT_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})
_MOST_OPERATIONS = 25


# Flags by which kubectl acts as somebody else, or elsewhere: `kubectl options`.
_ELSEWHERE = re.compile(
    r"(?<!\S)--(?:server|token|context|cluster|user|username|password|as|as-group|as-uid|kubeconfig"
    r"|client-certificate|client-key|certificate-authority|insecure-skip-tls-verify"
    r"|tls-server-name)(?![\w-])"
)
_OF_A_PROGRAM = re.compile(r"\b(?:args?|arguments?|command|flags?|options?)\b", re.IGNORECASE)


def check_words(request: str) -> None:
    """See that words name no other identity and no other cluster, but for a program's own flags.

    Raises:
        Refused: names the flag.
    """
    found = _ELSEWHERE.search(request)
    if found and not _OF_A_PROGRAM.search(request[: found.start()]):
        raise Refused(
            f"a request cannot give {found[0]}",
            why="it is carried out by accounts that are made for it, in this workspace's cluster",
            fix=f"leave {found[0]} out; of a container's program, say that it is an argument",
        )


def check(plan: Plan, protected: Iterable[str]) -> None:
    """See that a plan keeps to what plans may do.

    Args:
        protected: namespaces in which nothing is changed, besides those of Kubernetes itself.

    Raises:
        Refused: with each reason.
    """
    closed = SYSTEM | set(protected)
    faults = [fault for one in plan.operations for fault in _faults(one, closed)]
    if len(plan.operations) > _MOST_OPERATIONS:
        faults.append(f"{len(plan.operations)} operations at once: at most {_MOST_OPERATIONS}")
    if faults:
        raise Refused("this plan is not allowed", why="; ".join(dict.fromkeys(faults)))


def _faults(one: Operation, closed: frozenset[str] | set[str]) -> Iterator[str]:
    target = one.target
    place = target.name if target.kind == "Namespace" else target.namespace
    if place in closed:
        yield f"the namespace {place} is protected"
    if target.kind in _MADE_BY_OTHERS:
        yield f"{target}: {target.kind}s are made by Kubernetes itself"
    elif not target.of.namespaced and target.kind not in _OUTSIDE:
        yield f"{target}: it concerns the whole cluster"
    if target.kind == "Namespace" and target.name == "default" and isinstance(one, Delete):
        yield "the namespace default cannot be removed"
    if isinstance(one, Create):
        yield from _powers(target.kind, one.manifest)
    elif isinstance(one, Patch):
        yield from _powers(target.kind, one.patch)


def _powers(kind: str, content: Mapping[str, Any]) -> Iterator[str]:
    """What would give power over the node or the cluster."""
    for name, value in _fields(content):
        if name in _OF_THE_NODE and value not in (False, None):
            yield f"{name} gives power over the node"
        if name == "allowPrivilegeEscalation" and value is True:
            yield "allowPrivilegeEscalation is refused"
        if name == "add" and isinstance(value, list) and set(value) - _KEPT_CAPABILITIES:
            yield f"capabilities {', '.join(map(str, value))} are refused"
    if kind == "Role":
        yield from _rules(content.get("rules") or ())
    reference = content.get("roleRef")
    if isinstance(reference, Mapping) and reference.get("name") in ("cluster-admin", "admin"):
        yield f"a binding to {reference['name']} is refused"


def _rules(rules: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for rule in rules:
        if "*" in (*rule.get("verbs", ()), *rule.get("resources", ())):
            yield "a role may not hold every verb or every resource"
        if {"escalate", "bind", "impersonate"} & set(rule.get("verbs", ())):
            yield "a role may not hold escalate, bind or impersonate"


def _fields(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield str(name), value
            yield from _fields(value)
    elif isinstance(content, list):
        for value in content:
            yield from _fields(value)
