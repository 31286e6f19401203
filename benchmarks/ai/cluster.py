"""The cluster of this checkout, for scenarios: objects of any kind read, written, and all compared.

Read through the API server itself, as each question takes milliseconds; written with kubectl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.process.command import Completed
from phaseline.process.run import attempt, run
from phaseline.tools.api_server import ApiServer
from phaseline.tools.kubectl import Kubectl

_LIMIT = 60.0
# Of two resources of one kind the one of the group that stands here is meant.
_GROUPS = ("v1", "apps/v1", "batch/v1", "autoscaling/v2", "networking.k8s.io/v1")

Object = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """A kind of objects and where it is listed."""

    kind: str
    root: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of one object, or of a list; of all namespaces where none is named."""
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{place}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(frozen=True)
class Cluster:
    """The cluster as its administrator sees it, with one connection. For one thread."""

    kubectl: Kubectl
    server: ApiServer

    @classmethod
    @contextmanager
    def of(cls, context: Context) -> Iterator[Self]:
        """That of a workspace.

        Raises:
            CheckFailed: it has none.
        """
        with access.api(context) as server:
            yield cls(access.kubectl(context), server)

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Every kind that can be listed, by its name."""
        found: dict[str, Resource] = {}
        for version in self._versions():
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for one in self.server.get(root)["resources"]:
                if "list" in one["verbs"] and one["kind"] not in found:
                    kind = one["kind"]
                    found[kind] = Resource(kind, root, one["name"], one["namespaced"])
        return found

    def _versions(self) -> list[str]:
        groups = self.server.get("/apis")["groups"]
        others = [one["preferredVersion"]["groupVersion"] for one in groups]
        return list(dict.fromkeys((*_GROUPS, *others)))

    def find(self, reference: str, namespace: str) -> Object | None:
        """The object that `Kind/name` names; None where nothing is."""
        kind, _, name = reference.partition("/")
        found: Object | None = self.server.get(self.resources[kind].path(namespace, name))
        return found

    def every(self, kind: str, namespace: str = "") -> list[Object]:
        """All objects of a kind, in one namespace or in all."""
        listed = self.server.get(self.resources[kind].path(namespace))
        return [{**one, "kind": kind} for one in (listed or {}).get("items") or ()]

    def pods(self, namespace: str, selector: str) -> list[Object]:
        """The pods whose label is as `key=value` says."""
        key, _, value = selector.partition("=")
        listed = self.every("Pod", namespace)
        return [one for one in listed if one["metadata"].get("labels", {}).get(key) == value]

    def text(self, path: str) -> tuple[int, str]:
        """The status and the body of what is at a path of the API that is no object."""
        answer = self.server.pool.request("GET", path)
        return answer.status, answer.data.decode(errors="replace")

    def apply(self, namespace: str, objects: list[Object]) -> None:
        """Apply objects as a person would; those that name no namespace in `namespace`."""
        placed = [self._placed(one, namespace) for one in objects]
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": placed})
        run(self.kubectl.command("apply", "-f", "-", stdin=listed, timeout=_LIMIT))

    def _placed(self, one: Object, namespace: str) -> Object:
        place = {"namespace": namespace} if self.resources[one["kind"]].namespaced else {}
        return {**one, "metadata": {**place, **one["metadata"]}}

    def do(self, namespace: str, *arguments: str) -> str:
        """A call of kubectl in a namespace; returns what it printed."""
        return run(self.kubectl.command("-n", namespace, *arguments, timeout=_LIMIT)).stdout

    def ask(self, *arguments: str) -> Completed:
        """A call of kubectl that may fail."""
        return attempt(self.kubectl.command(*arguments, timeout=_LIMIT))
