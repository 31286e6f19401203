"""A namespace for checks: made fresh, restricted, and removed, also after its check was killed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from phaseline.core.errors import CommandFailed, TimedOut
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.process.run import run
from phaseline.tools.kubectl import Kubectl

_in_use: set[str] = set()  # by the checks of this process


@dataclass(frozen=True)
class Scratch:
    """One namespace for scratch objects."""

    kubectl: Kubectl
    namespace: str

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply objects in this namespace."""
        placed = [
            {**one, "metadata": {**one["metadata"], "namespace": self.namespace}} for one in objects
        ]
        listed = {"apiVersion": "v1", "kind": "List", "items": placed}
        self.kubectl.apply(json.dumps(listed))

    def run(self, *arguments: str, timeout: float = 30.0) -> str:
        """A kubectl call in this namespace; returns what it printed."""
        return run(self.kubectl.command("-n", self.namespace, *arguments, timeout=timeout)).stdout

    def items(self, kind: str) -> list[Any]:
        """The objects of a kind in this namespace."""
        return self.kubectl.items("-n", self.namespace, kind)

    def await_ready(self, name: str, *, limit: float) -> None:
        """Wait until `name` (kind/name) is Ready.

        Raises:
            TimedOut: with the events of the namespace.
        """
        try:
            wait = ("wait", "--for=condition=Ready", name, f"--timeout={limit:.0f}s")
            self.run(*wait, timeout=limit + 5)
        except CommandFailed as error:
            events = self.kubectl.items("-n", self.namespace, "events")
            messages = "; ".join(event.get("message", "") for event in events[-4:])
            raise TimedOut(f"{name} did not become Ready", why=messages or error.why) from error


@contextmanager
def scratch_namespace(context: Context) -> Iterator[Scratch]:
    """A namespace `<app>-check-…` under the restricted pod security standard, then none.

    Each use has one of its own, so that checks may run side by side. What earlier runs of this
    workspace have left, because they were killed or interrupted, is removed first.
    """
    name = f"{context.pipeline.application}-check-{secrets.token_hex(3)}"
    kubectl = access.kubectl(context)
    _in_use.add(name)
    try:
        _sweep(kubectl, _owner(context))
        labels = {"pod-security.kubernetes.io/enforce": "restricted", **_owner(context)}
        metadata = {"name": name, "labels": labels}
        kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
        try:
            scratch = Scratch(kubectl, name)
            # pods are refused until the controller has made the account that they run as
            scratch.run("wait", "--for=create", "serviceaccount/default", "--timeout=20s")
            access.provider(context).admit(name)
            yield scratch
        finally:
            kubectl.delete("namespace", name, "--wait=false")
    finally:
        _in_use.discard(name)


def _owner(context: Context) -> dict[str, str]:
    return {
        "phaseline.dev/scratch": context.pipeline.application,
        "phaseline.dev/workspace": context.workspace.id,
    }


def _sweep(kubectl: Kubectl, owner: Mapping[str, str]) -> None:
    """Remove those that no check works in: one process at a time runs checks in a workspace."""
    selector = ",".join(f"{key}={value}" for key, value in owner.items())
    found = {one["metadata"]["name"] for one in kubectl.items("namespaces", "-l", selector)}
    if left := sorted(found - _in_use):
        kubectl.delete("namespace", *left, "--wait=false")
