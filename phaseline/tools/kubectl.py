"""kubectl: objects in and out of a cluster, with its kubeconfig always named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.process.command import Command, Completed
from phaseline.process.run import attempt, run


@dataclass(frozen=True)
class Kubectl:
    """kubectl for one cluster.

    Attributes:
        program: the binary; kubeconfig: the access that is used, never the user's own.
    """

    program: Path
    kubeconfig: Path

    @property
    def cache(self) -> Path:
        """What it keeps of the cluster's API; else it would be in the user's home, and stay."""
        return self.kubeconfig.parent / "kubectl-cache"

    def command(
        self,
        *arguments: str,
        stdin: str | None = None,
        timeout: float = 30.0,
        data: bool = False,
    ) -> Command:
        """A call with this cluster's kubeconfig."""
        content = stdin.encode() if stdin is not None else None
        access = (f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.cache}")
        return Command(
            argv=(str(self.program), *access, *arguments),
            stdin=content,
            timeout=timeout,
            data=data,
        )

    def apply(self, manifest: str, *, manager: str = "phaseline") -> Completed:
        """Server-side apply of a manifest given as text."""
        flags = ("--server-side", "--force-conflicts", f"--field-manager={manager}", "-f", "-")
        return run(self.command("apply", *flags, stdin=manifest))

    def get(self, *arguments: str) -> Any:
        """`get … -o json`, parsed; None where the object is not there."""
        flags = ("--ignore-not-found", "-o", "json")
        completed = run(self.command("get", *arguments, *flags, data=True))
        return json.loads(completed.stdout) if completed.stdout.strip() else None

    def items(self, *arguments: str) -> list[Any]:
        """The items of a listing."""
        listed = self.get(*arguments)
        return list(listed["items"]) if listed else []

    def delete(self, *arguments: str, timeout: float = 60.0) -> None:
        """Delete and wait until it is gone; nothing happens if it is not there."""
        run(self.command("delete", *arguments, "--ignore-not-found", timeout=timeout))

    def logs(self, namespace: str, pod: str, *, container: str = "", lines: int = 15) -> str:
        """The last lines of a container, of its previous life if it has none now; "" if none."""
        chosen = ("-c", container) if container else ("--all-containers",)
        base = ("logs", "-n", namespace, pod, *chosen, f"--tail={lines}")
        for extra in ((), ("--previous",)):
            completed = attempt(self.command(*base, *extra, timeout=10.0))
            if completed.code == 0 and completed.stdout.strip():
                return completed.stdout.strip()
        return ""
