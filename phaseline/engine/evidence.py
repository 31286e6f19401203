"""The ledger: one signed envelope for each executed step, each naming the one before it.

A statement carries its number, from 1, and the sha256 of the line before its own. Both are decided
under a lock from the file that is there (`bundle`), so a crash at any instant leaves a valid chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.engine import bundle
from phaseline.engine.bundle import Bundle
from phaseline.engine.execution import Execution

if TYPE_CHECKING:
    from phaseline.engine.signing import Signer
    from phaseline.engine.statement import Tree


class Evidence:
    """The ledger of one workspace; see `execution.Ledger`. Making it costs nothing.

    Args:
        state: the state folder.
        root: the checkout, to which the paths of outputs and logs are relative.
    """

    def __init__(self, state: Path, root: Path) -> None:
        self._state, self._root = state, root
        self._bundle = Bundle(state)
        self._listed: set[str] = set()  # digests of parts that were written in full

    def add(self, executions: Sequence[Execution]) -> None:
        """Keep `executions`, in this order: written, signed and fsynced when this returns.

        Raises:
            InvalidConfiguration: there is no usable key (`signing.signer`).
        """
        from phaseline.engine import statement  # a run with nothing to do takes none of this

        listed = set(self._listed)
        told = [statement.describe(one, self._root, listed) for one in executions]
        self._bundle.extend([partial(_sealed, self._signer, one) for one in told])
        self._listed = listed

    def ready(self) -> None:
        """Load the key now, so that a wrong one is told before a step has run.

        Raises:
            InvalidConfiguration: as `add`.
        """
        assert self._signer

    @property
    def head(self) -> str:
        """`sha256:…` of the last envelope's line; empty while there is none."""
        last = bundle.last(self._state)
        return bundle.digest(last) if last else ""

    @property
    def count(self) -> int:
        """How many envelopes there are."""
        return len(bundle.lines(self._state))

    @cached_property
    def _signer(self) -> Signer:
        from phaseline.engine import signing

        return signing.signer()


def _sealed(signer: Signer, told: Tree, number: int, previous: str) -> bytes:
    from phaseline.engine import envelope, statement

    return envelope.seal(statement.chained(told, number, previous), signer)
