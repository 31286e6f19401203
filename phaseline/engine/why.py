"""Why a step would run, or what lets it be skipped: asked of records, files and the live world."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine import freshness, key, paths, record
from phaseline.engine.graph import Graph, Kind, Step
from phaseline.engine.variables import TELLING

SHORT = 12  # characters of a digest that are shown
LONGEST = 60  # characters of any other value
_HEX = re.compile(r"[0-9a-f]{64}")
_OF_DIGESTS = frozenset({"code", "inputs", "upstream", "outputs"})


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What is known of a step's state.

    Attributes:
        state: `would run`, `unchanged`, `not built` or `not applicable`.
        reason: in one sentence.
        since: the record that all is compared with: `run`, `started`, `seconds`; None if never.
        changes: what differs from that record: `part`, `name`, `old`, `new`, shortened; a part
            `outputs` is a file that the step made and that is no longer so.
        checked: each thing that was compared: its kind, and by name its value, shortened.
        probe: what the live world says: `stands`, `seen`; None where there is nothing to ask.
        upstream: the steps that it needs, each with its own `state` and `reason`.
    """

    step: str
    title: str
    state: str
    reason: str
    since: Mapping[str, Any] | None = None
    changes: tuple[Mapping[str, Any], ...] = ()
    checked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    probe: Mapping[str, Any] | None = None
    upstream: tuple[Mapping[str, str], ...] = ()


def find(name: str, graph: Graph) -> Step:
    """The step of that ID.

    Raises:
        InvalidConfiguration: there is none; the nearest is named.
    """
    if name in graph.steps:
        return graph.steps[name]
    inside = [one for one in graph.steps if one.startswith(f"{name}.")]
    near = inside or difflib.get_close_matches(name, graph.steps, n=1, cutoff=0.3)
    raise InvalidConfiguration(
        f"there is no step {name}",
        fix=f"did you mean {' or '.join(near)}?" if near else "`invoke status` lists them",
    )


def explain(step: Step, graph: Graph, context: Context) -> Explanation:
    """All that decides on `step`; asks its probe and those of what it needs, changes nothing."""
    if step.kind is Kind.NOT_BUILT:
        return _bare(step, "not built", "there is no code for it yet")
    if step.role and not context.of_role(step.role).parts:
        return _bare(step, "not applicable", f"the application has no {step.role}")
    verdict = freshness.judge(step, graph, context)
    ahead = _upstream(step, graph, context)
    running = [one["step"] for one in ahead if one["state"] == "would run"]
    fresh = verdict.fresh and not running
    reason = (
        verdict.reason if fresh or not verdict.fresh else f"needs {running[0]}, which would run"
    )
    kept = verdict.record
    return Explanation(
        step=step.id,
        title=step.title,
        state="unchanged" if fresh else "would run",
        reason=reason,
        since=_since(kept),
        changes=tuple(_differences(step, context, kept, verdict.parts)) if kept else (),
        checked=_checked(verdict.parts, kept),
        probe=_probe(step, context) if kept else None,
        upstream=tuple(ahead),
    )


def _bare(step: Step, state: str, reason: str) -> Explanation:
    return Explanation(step=step.id, title=step.title, state=state, reason=reason)


def _upstream(step: Step, graph: Graph, context: Context) -> list[dict[str, str]]:
    """Each step that `step` needs, directly or not, in the order in which they would run."""
    needed, pending = set[str](), list(step.needs)
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += graph.steps[name].needs
    found = dict[str, dict[str, str]]()
    for name in (one for one in graph.order if one in needed):
        found[name] = {"step": name, **_state(graph.steps[name], graph, context, found)}
    return list(found.values())


def _state(
    step: Step, graph: Graph, context: Context, before: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    if step.kind is Kind.NOT_BUILT:
        return {"state": "not built", "reason": ""}
    if step.role and not context.of_role(step.role).parts:
        return {"state": "not applicable", "reason": f"the application has no {step.role}"}
    verdict = freshness.judge(step, graph, context)
    running = [name for name in step.needs if before[name]["state"] == "would run"]
    if not verdict.fresh:
        return {"state": "would run", "reason": verdict.reason}
    if running:
        return {"state": "would run", "reason": f"needs {running[0]}, which would run"}
    return {"state": "unchanged", "reason": verdict.reason}


def _since(kept: record.Record | None) -> dict[str, Any] | None:
    return {"run": kept.run, "started": kept.started, "seconds": kept.seconds} if kept else None


def _differences(
    step: Step, context: Context, kept: record.Record, parts: key.Parts
) -> Iterator[dict[str, Any]]:
    for one in key.changes(kept.parts, parts):
        yield _difference(one)
    now = paths.digests(step.outputs, freshness.context_of(step, context))
    for name in sorted(now.keys() | kept.outputs.keys()):
        made, found = kept.outputs.get(name, paths.ABSENT), now.get(name, paths.ABSENT)
        if made != found:
            yield _difference(key.Change("outputs", name, made, found))


def _difference(one: key.Change) -> dict[str, Any]:
    full = f"{one.part}.{one.name}"
    old, new = short(full, one.old), short(full, one.new)
    return {"part": one.part, "name": one.name, "old": old, "new": new}


def _checked(parts: key.Parts, kept: record.Record | None) -> dict[str, dict[str, str]]:
    seen = {
        "inputs": parts["inputs"],
        "code": parts["code"],
        "settings": parts["settings"],
        "components": {one["name"]: one for one in parts["components"]},
        "traits": parts["traits"],
        "variables": parts.get("variables", {}),
        "outputs": kept.outputs if kept else {},
    }
    return {
        title: {name: short(f"{title}.{name}", value) for name, value in members.items()}
        for title, members in seen.items()
    }


def _probe(step: Step, context: Context) -> dict[str, Any] | None:
    standing = freshness.ask(step, freshness.context_of(step, context))
    return {"stands": standing.stands, "seen": standing.seen} if standing else None


def short(name: str, value: Any) -> str:
    """A value as it can be shown: a digest's beginning, else its text, a secret not at all."""
    if value is None:
        return "nothing"
    if isinstance(value, str) and _HEX.fullmatch(value):
        return value[:SHORT]
    if name.partition(".")[0] not in _OF_DIGESTS and TELLING.search(f"{name} {value}"):
        return f"hidden, {key.digest({'value': value})[:SHORT]}"
    plain = isinstance(value, str) and value
    text = value if plain else json.dumps(value, sort_keys=True)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
