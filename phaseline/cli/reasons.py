"""An explanation of a step's state, as it is read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from phaseline.cli.edge import say
from phaseline.cli.words import printable
from phaseline.core.times import age
from phaseline.core.workspace import Context
from phaseline.engine import why as engine
from phaseline.engine.graph import Graph

MOST = 12  # things of one kind that are listed; JSON has them all


def why(graph: Graph, context: Context, name: str, *, as_json: bool) -> int:
    """Print why the step `name` would run, or what was checked; exit code 0.

    Raises:
        InvalidConfiguration: there is no such step.
    """
    found = engine.explain(engine.find(name, graph), graph, context)
    if as_json:
        say(json.dumps(asdict(found), indent=2))
    else:
        for line in _lines(found):
            say(printable(line))
    return 0


def _lines(found: engine.Explanation) -> Iterator[str]:
    yield f"{found.step}  {found.title}"
    yield f"{found.state}: {found.reason}" if found.reason else found.state
    if found.since:
        ago = age(time.time() - found.since["started"])
        yield f"compared with the run {found.since['run']}, {ago} ago"
    for one in found.changes[:MOST]:
        yield f"  {_where(one)}  {one['old']} -> {one['new']}"
    yield from _more(len(found.changes))
    ahead = [one for one in found.upstream if one["state"] == "would run"]
    for one in ahead:
        yield f"  before it, {one['step']} would run: {one['reason']}"
    if found.state == "unchanged":
        yield from _checked(found)


def _where(change: Mapping[str, Any]) -> str:
    return f"{change['part']}: {change['name']}" if change["name"] else str(change["part"])


def _checked(found: engine.Explanation) -> Iterator[str]:
    yield "checked, and found as it was:"
    for title, members in found.checked.items():
        if members and title != "outputs":
            shown = _named(members) if title == "variables" else list(members)
            names = ", ".join(shown[:3]) + (", …" if len(shown) > 3 else "")
            yield f"  {len(members)} {title}: {names}"
    outputs = list(found.checked["outputs"].items())
    for name, digest in outputs[:MOST]:
        yield f"  output {name}  {digest}"
    yield from _more(len(outputs))
    for one in found.upstream:
        if one["state"] == "unchanged":
            yield f"  needed step {one['step']}: {one['reason']}"
    if found.probe:
        yield f"  the live world: {found.probe['seen']}"


def _named(members: Mapping[str, str]) -> list[str]:
    return [f"{name} = {value}" for name, value in members.items()]


def _more(count: int) -> Iterator[str]:
    if count > MOST:
        yield f"  and {count - MOST} more; --json has all"
