"""What the pipeline does to a cluster, and whether this user may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from phaseline.core.errors import HostUnfit
from phaseline.tools.api_server import ApiServer

_WRITE = ("create", "patch", "delete")
_READ = ("get", "list")


@dataclass(frozen=True)
class Right:
    """One thing that is done; in the application's namespace, or to the cluster as a whole."""

    verb: str
    resource: str
    group: str = ""
    namespaced: bool = True

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{self.group and '.' + self.group}"


# What Helm writes for an application like any, what is read to watch it, and the namespaces of the
# checks.
WANTED = (
    *(Right(verb, "namespaces", namespaced=False) for verb in _WRITE),
    Right("list", "nodes", namespaced=False),
    *(Right(verb, "secrets") for verb in (*_WRITE, *_READ)),
    *(
        Right(verb, name)
        for name in ("services", "configmaps", "serviceaccounts")
        for verb in _WRITE
    ),
    *(Right(verb, "deployments", "apps") for verb in (*_WRITE, *_READ)),
    *(Right(verb, "statefulsets", "apps") for verb in (*_WRITE, *_READ)),
    *(Right(verb, "pods") for verb in (*_READ, "create")),
    *(Right("get", name) for name in ("pods/log", "services", "events")),
    Right("list", "endpointslices", "discovery.k8s.io"),
    Right("create", "networkpolicies", "networking.k8s.io"),
    Right("create", "poddisruptionbudgets", "policy"),
)


def require(api: ApiServer, namespace: str) -> int:
    """See that this user may do all of it in `namespace`; nothing is changed. Returns how many.

    Raises:
        HostUnfit: names each right that is missing.
        Unreachable, CommandFailed: the API server does not answer, or refuses the question.
    """
    if missing := [str(one) for one in lacking(api, namespace)]:
        raise HostUnfit(
            f"this user may not do all that is needed in the namespace {namespace}",
            why=f"missing: {', '.join(missing)}",
            fix="have a Role and a ClusterRole with these bound to the user",
        )
    return len(WANTED)


def lacking(api: ApiServer, namespace: str) -> Iterator[Right]:
    """The rights that this user does not have."""

    for one in WANTED:
        place = namespace if one.namespaced else ""
        if not api.allowed(one.verb, one.resource, one.group, place):
            yield one
