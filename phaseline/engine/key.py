"""A step's key: the digest of all that it depends on, kept as a tree of named parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from phaseline.core.files import digest_text
from phaseline.core.workspace import Context
from phaseline.engine import canonical, code, paths, variables
from phaseline.engine.graph import Step

Parts = dict[str, Any]


def parts(step: Step, context: Context, upstream: Mapping[str, str]) -> Parts:
    """The tree that the key is the digest of, of values as JSON has them.

    `code`: digest of each source file that the operator reaches. `step`: how it is declared.
    `settings`, `components`: what it reads of `pipeline.yaml`. `inputs`: digest of each file, by
    its path. `traits`: what the functions in `Step.traits` say. `variables`: see there; left out
    where none is declared. `upstream`: see below.

    Args:
        upstream: for each needed step, what it has made (see `record.Record.effect`).
    """
    settings = context.workspace.settings
    return {
        "code": code.reached(step.run, context) if step.run else {},
        "step": _declared(step),
        "settings": {name: settings[name] for name in step.settings},
        "components": canonical.one(context.parts),
        **_found(step, context, upstream),
    }


def again(before: Parts, step: Step, context: Context, upstream: Mapping[str, str]) -> Parts:
    """`parts` now: what `before` has of code and settings is what this process runs with."""
    return {**before, **_found(step, context, upstream)}


def _found(step: Step, context: Context, upstream: Mapping[str, str]) -> Parts:
    """The parts that another process may change at any time."""
    declared = {"variables": variables.values(step.variables)} if step.variables else {}
    return {
        "inputs": paths.digests(step.inputs, context),
        "traits": {name: value for one in step.traits for name, value in one(context).items()},
        **declared,
        "upstream": upstream,
    }


def _declared(step: Step) -> dict[str, Any]:
    """What of a declaration decides what the step does: not its title, its limit, its probe."""
    operator = f"{step.run.__module__}.{step.run.__qualname__}" if step.run else ""
    return {
        "id": step.id,
        "kind": step.kind,
        "operator": operator,
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        **({"variables": list(step.variables)} if step.variables else {}),
    }


def digest(tree: Mapping[str, Any]) -> str:
    """The key itself: sha256 as hex over the names of the parts and the digest of each."""
    return digest_text(*(x for name in sorted(tree) for x in (name, canonical.digest(tree[name]))))


@dataclass(frozen=True)
class Change:
    """One difference between two trees: where, and the values there; None where there is none."""

    part: str
    name: str
    old: Any
    new: Any


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Every difference between two trees, down to the file, field, step or variable."""
    for part in sorted(old.keys() | new.keys()):
        yield from _changes(part, "", old.get(part), new.get(part))


def _changes(part: str, name: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    before, after = _members(old), _members(new)
    if before is None or after is None:
        yield Change(part, name, old, new)
        return
    for key in sorted(before.keys() | after.keys()):
        inner = f"{name}.{key}" if name else key
        yield from _changes(part, inner, before.get(key), after.get(key))


def _members(value: Any) -> dict[str, Any] | None:
    """What is inside a value by name: a list's members by their own, else by their place."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        named = all(isinstance(one, dict) and "name" in one for one in value)
        return {one["name"] if named else f"[{i}]": one for i, one in enumerate(value)}
    return None


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The first difference between two trees in words, down to the file or field."""
    found = list(changes(old, new))
    if not found:
        return "nothing changed"
    first = found[0]
    more = sum(one.part == first.part for one in found) - 1
    where = f"{first.part} changed" + (f": {first.name}" if first.name else "")
    return where + (f" and {more} more" if more else "")
