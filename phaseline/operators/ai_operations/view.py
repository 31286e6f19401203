"""The cluster as whoever may only look sees it: everything but what Secrets hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from phaseline.operators.ai_operations.kinds import known
from phaseline.operators.ai_operations.plans.model import ObjectReference
from phaseline.tools.api_server import ApiServer

Object = dict[str, Any]


def _no_keys(namespace: str) -> dict[str, tuple[str, ...]]:
    return {}


def _unknown(pod: Any) -> frozenset[int] | None:
    return None


def _silent(pod: Any, port: int, path: str) -> int:
    return 0


@dataclass(frozen=True)
class ClusterView:
    """Looks, as the account that may not read Secrets; every look asks the API server anew.

    Attributes:
        api: connected to as that account.
        secrets: the names of a namespace's Secrets. That account cannot even list them: the names
            come as metadata only, through the connection that manages the accounts.
        keys: the names of the keys of each of a namespace's Secrets, as metadata tells them.
        listening: the TCP ports on which a pod listens, None where that cannot be told.
        answers: the HTTP status that a pod gives to GET at a port and path, 0 for none.
    """

    api: ApiServer
    secrets: Callable[[str], list[str]]
    keys: Callable[[str], dict[str, tuple[str, ...]]] = _no_keys
    listening: Callable[[Any], frozenset[int] | None] = _unknown
    answers: Callable[[Any, int, str], int] = _silent

    def items(self, kind: str, namespace: str = "") -> list[Object]:
        """The objects of a kind, with their kind; those of all namespaces where none is named."""
        return self.api.items(known()[kind].folder(namespace))

    def find(self, target: ObjectReference) -> Object | None:
        """An object, or None where it is not there."""
        found: Object | None = self.api.get(target.path)
        return found

    def exists(self, target: ObjectReference) -> bool:
        """Whether an object is there; also told of Secrets."""
        if target.kind == "Secret":
            return target.name in self.secrets(target.namespace)
        return self.find(target) is not None

    def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        previous: bool = False,
        lines: int = 40,
    ) -> str:
        """The last lines of a container; "" where it has none. They are data, whatever they say."""
        chosen = f"&container={container}" if container else ""
        before = "&previous=true" if previous else ""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        return self.api.text(f"{path}?tailLines={lines}{chosen}{before}")
