"""One step's turn in a run, in full: what events, evidence and reports are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One external command that a step ran: as printed (masked), exit code, seconds it took."""

    command: str
    code: int
    seconds: float


class Execution(NamedTuple):
    """One step's turn in a run, however it ended. One is made for each step of each run, also
    where nothing is done: a tuple is made in a third of the time that a dataclass takes.

    Attributes:
        kind, ending: values of `graph.Kind` and `outcome.Ending`.
        key, parts: what it depended on; empty where nothing was judged.
        outputs: digest (`core.files.digest_file`) of each file, by path relative to the checkout.
        identity: names of the live things that it left.
        projection: what of its live effect a replay compares (`graph.Step.projection`).
        log: path of its log relative to the checkout; empty if there is none: it said nothing.
        error: `code`, `what`, `why` and `fix` of the error that ended it, or nothing.
        started, ended: seconds since the epoch.
    """

    run: str
    step: str
    phase: str
    title: str
    kind: str
    ending: str
    reason: str
    summary: str
    key: str
    parts: Mapping[str, Any]
    outputs: Mapping[str, str]
    identity: Mapping[str, str]
    lines: tuple[str, ...]
    calls: tuple[Call, ...]
    log: str
    error: Mapping[str, str]
    started: float
    ended: float
    projection: Mapping[str, str] = NOTHING


class Ledger(Protocol):
    """Where executions are kept as evidence."""

    def ready(self) -> None:
        """Raise what `add` would raise for want of a key, before a step runs; often called."""

    def add(self, executions: Sequence[Execution]) -> None:
        """Keep them, in this order: written, signed and fsynced when this returns."""

    @property
    def head(self) -> str:
        """`sha256:…` of the last envelope's bytes; empty while there is none."""
