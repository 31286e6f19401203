"""Evidence: its key, its head, its verification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task
from phaseline.engine.graph import Graph

_JSON = {"json": "print JSON"}


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name; `verify` is `evidence.verify` too."""

    def verify(c: object, head: str = "", key: str = "", json: bool = False) -> int:
        from phaseline.cli import proof

        return proof.verify(context(folder), head=head, key=key, as_json=json)

    def show_head(c: object, json: bool = False) -> int:
        from phaseline.cli import proof

        return proof.head(context(folder), as_json=json)

    def show_key(c: object, json: bool = False) -> int:
        from phaseline.cli import proof

        return proof.key(as_json=json)

    flags = {
        "head": "the head that a run printed; without it a cut-off end is not noticed",
        "key": "file with the public keys to trust, PEM; default: the one that signs here",
    }
    checks = "Check the evidence: every signature, the chain, and the files it tells of."
    head = "The digest of the newest envelope, to hand to whoever verifies."
    public = "The public key of the evidence, as PEM; it is made if there is none."
    verifying = make_task(verify, checks, flags | _JSON, "verify --head sha256:… --key key.pem")
    return {
        "verify": verifying,
        "evidence.verify": verifying,
        "evidence.head": make_task(show_head, head, _JSON, "evidence.head"),
        "evidence.key": make_task(show_key, public, _JSON, "evidence.key > key.pem"),
    }
