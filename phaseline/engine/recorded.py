"""What was recorded of steps: what a replay takes as given, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CannotReplay
from phaseline.core.workspace import Context
from phaseline.engine import bundle, entries, freshness, key, paths, record
from phaseline.engine.graph import Graph, Step

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

_LIVE = "upstream"  # names what other steps have left, live things too: never the same elsewhere
Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A step's last success: what it depended on, and what it left (see `record.Record`)."""

    parts: Mapping[str, Any]
    outputs: Mapping[str, str]
    identity: Mapping[str, str]
    projection: Mapping[str, str]

    @property
    def files(self) -> list[str]:
        """The outputs that were made."""
        return [name for name, digest in self.outputs.items() if digest != paths.ABSENT]

    @property
    def inputs(self) -> list[str]:
        """The input files that were there."""
        found: Mapping[str, str] = self.parts.get("inputs", {})
        return [name for name, digest in found.items() if digest != paths.ABSENT]


@dataclass(frozen=True)
class Trust:
    """What the evidence is checked against: who may have signed, and a head; see `verification`."""

    keys: Sequence[SSlibKey] = ()
    head: str = ""


def facts(context: Context, steps: Iterable[Step], trust: Trust) -> dict[str, Fact]:
    """What was recorded of each of `steps`. Where there is evidence, it has to be sound, and wins.

    Raises:
        CannotReplay: nothing was recorded, the evidence has faults, or says something else.
    """
    proofs = _proofs(context, trust)
    return {step.id: _fact(context, step, proofs) for step in steps}


def _proofs(context: Context, trust: Trust) -> list[entries.Entry] | None:
    """The entries of the evidence, once it was verified; None where there is none."""
    from phaseline.engine import verification

    if not bundle.files(context.state) and not trust.head:
        return None
    root = context.workspace.root
    found = verification.verify(context.state, root, trust.keys, head=trust.head)
    # an output that was altered since is no fault of the evidence: what is replayed tells
    altered = verification.Kind.ALTERED
    faults = [f"{f.envelope} {f.kind}: {f.what}" for f in found.faults if f.kind is not altered]
    if faults:
        raise CannotReplay(
            "the evidence cannot be trusted", why="\n".join(faults), fix="see `invoke verify`"
        )
    return list(entries.entries(context.state))


def _fact(context: Context, step: Step, proofs: list[entries.Entry] | None) -> Fact:
    kept = record.load(context.state, step.id)
    if kept is None:
        raise CannotReplay(
            f"{step.id} cannot be replayed",
            why="no success of it is recorded in this workspace",
            fix="run its phase first",
        )
    proof = kept if proofs is None else _proof(kept, proofs)
    return Fact(
        parts=kept.parts,
        outputs=proof.outputs,
        identity=proof.identity,
        projection=proof.projection,
    )


def _proof(kept: record.Record, proofs: list[entries.Entry]) -> entries.Entry:
    """The evidence of a recorded success. Its parts may be masked, so their digest is compared."""
    own = key.digest(dict(kept.parts))
    for entry in reversed(proofs):
        if (entry.step, entry.run, entry.key) == (kept.step, kept.run, own):
            return entry
    raise CannotReplay(
        f"{kept.step} cannot be replayed",
        why=f"there is no evidence of its run {kept.run} with the recorded inputs",
        fix=f"run it again: --force {kept.step}",
    )


def changed_inputs(step: Step, fact: Fact, graph: Graph, context: Context) -> list[str]:
    """What `step` depends on and is not as recorded, such as `input backend/src/app.py`."""
    now = freshness.judge(step, graph, context, probe=False).parts
    return [_named(path) for path in unlike(fact.parts, now) if path[0] != _LIVE]


def changed_outputs(step: Step, fact: Fact, context: Context) -> list[str]:
    """What `step` has made and is no longer as recorded."""
    now = paths.digests(step.outputs, freshness.context_of(step, context))
    return [path[0] for path in unlike(fact.outputs, now)]


def unlike(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The paths at which two trees of mappings and lists differ, down to the leaves."""
    if before == after:
        return
    inner, other = _branches(before), _branches(after)
    if inner is None or other is None:
        yield path
        return
    for name in dict.fromkeys((*inner, *other)):
        yield from unlike(inner.get(name), other.get(name), (*path, name))


def _branches(tree: Any) -> Mapping[str, Any] | None:
    if isinstance(tree, Mapping):
        return tree
    if isinstance(tree, (list, tuple)):
        return {str(number): one for number, one in enumerate(tree)}
    return None


def _named(path: Path) -> str:
    kind, *rest = path
    return " ".join(("input" if kind == "inputs" else kind, ".".join(rest))).strip()
