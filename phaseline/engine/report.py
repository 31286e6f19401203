"""A run as one HTML page that loads nothing: what was done, why, how long, and what was not."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from phaseline.core.times import duration
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Graph, Kind, Phase
from phaseline.engine.runs import Story

# ECMA-48: control sequences, operating system commands, two-byte escapes; then lone controls.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_ACTED = ("done", "failed", "interrupted")
_EXCERPT, _WHOLE = 30, 300  # last lines of a log; of one that ended badly


@dataclass(frozen=True)
class Bar:
    """A step on the time line: its place in percent of the run."""

    turn: Execution
    left: float
    width: float


def page(
    story: Story,
    graph: Graph,
    application: str,
    log: Callable[[Execution], str],
    plot: Callable[[Execution], str] = lambda turn: "",
) -> str:
    """The report of `story`.

    Args:
        log: the text of a step's log; empty where there is none.
        plot: what a step has drawn, as an SVG document; empty where it has not.
    """
    from phaseline.render import render

    story = cleaned(story)
    turns = {turn.step: turn for turn in story.turns}
    values = {
        "application": application,
        "story": story,
        "result": result(story),
        "good": story.code == 0,
        "when": _moment(story.started),
        "seconds": story.ended - story.started if story.ended else None,
        "counts": _counts(story.turns),
        "bars": bars(story),
        "phases": [_phase(phase, turns, log, plot) for phase in graph.phases.values()],
        "undone": undone(graph, story),
        "duration": duration,
    }
    return render(Path(__file__).parent / "templates" / "report.html.j2", values, html=True)


def result(story: Story) -> str:
    """How the run ended, in one sentence."""
    failed = [turn for turn in story.turns if turn.ending == "failed"]
    if failed:
        what = failed[0].error.get("what") or failed[0].reason
        return f"{failed[0].step} failed: {what}"
    if story.ended is None:
        return "it has no end: it was killed, or is still at work"
    if story.code == 0:
        return "all that was asked for is done"
    if any(turn.ending == "interrupted" for turn in story.turns) or story.code == 130:
        return "it was interrupted"
    return f"it ended with exit code {story.code}"


def bars(story: Story) -> list[Bar]:
    """The steps that did something, by their start."""
    acted = sorted((t for t in story.turns if t.ending in _ACTED), key=lambda t: t.started)
    end = story.ended or max((turn.ended for turn in acted), default=story.started)
    whole = max(end - story.started, 0.001)

    def percent(seconds: float) -> float:
        return round(min(100.0, max(0.0, 100 * seconds / whole)), 2)

    return [
        Bar(turn, min(99.6, percent(turn.started - story.started)), max(0.4, percent(_took(turn))))
        for turn in acted
    ]


def undone(graph: Graph, story: Story) -> list[dict[str, str]]:
    """Each step of the graph that this run neither did nor found done, and why."""
    turns = {turn.step: turn for turn in story.turns}
    rows = []
    for step in graph.steps.values():
        turn = turns.get(step.id)
        if turn and turn.ending in ("done", "fresh"):
            continue
        if turn:
            state, why = turn.ending, turn.reason
        elif step.kind is Kind.NOT_BUILT:
            state, why = "not built", ""
        elif step.id in story.unfinished:
            state, why = "cut off", "the run ended before the step did"
        else:
            state, why = "not asked for", ""
        why = why or {"not built": "declared, and there is no code for it yet"}.get(state, "")
        rows.append({"step": step.id, "title": step.title, "state": state, "why": why})
    return rows


def plain(text: str) -> str:
    """`text` without what a terminal would take for a command."""
    return _ESCAPES.sub("", text)


def cleaned(value: Any) -> Any:
    """`value` with every text in it plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {cleaned(name): cleaned(one) for name, one in value.items()}
    if isinstance(value, Execution):
        return Execution._make(cleaned(one) for one in value)
    if isinstance(value, tuple):
        return tuple(cleaned(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        inner = {one.name: cleaned(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **inner)
    return value


def excerpt(text: str, lines: int) -> str:
    """The last `lines` of a log, as text."""
    found = plain(text).splitlines()
    left = len(found) - lines
    return "\n".join(([f"… {left} lines before"] if left > 0 else []) + found[-lines:])


def _phase(
    phase: Phase,
    turns: dict[str, Execution],
    log: Callable[[Execution], str],
    plot: Callable[[Execution], str],
) -> dict[str, Any]:
    own = [turns[step.id] for step in phase.steps if step.id in turns]
    rows = [
        {"turn": turn, "log": _log(turn, log), "plot": _data(plot(turn)), "seconds": _took(turn)}
        for turn in own
        if turn.ending != "not built"  # that is told once, below
    ]
    return {"phase": phase, "rows": rows, "counts": _counts(own)}


def _log(turn: Execution, log: Callable[[Execution], str]) -> str:
    return excerpt(log(turn), _EXCERPT if turn.ending in ("done", "fresh") else _WHOLE)


def _data(svg: str) -> str:
    """An image as an address that holds it: as one it can run nothing."""
    encoded = base64.b64encode(svg.encode()).decode()
    return f"data:image/svg+xml;base64,{encoded}" if svg else ""


def _counts(turns: Iterable[Execution]) -> str:
    counts: dict[str, int] = {}
    for turn in turns:
        counts[turn.ending] = counts.get(turn.ending, 0) + 1
    return ", ".join(f"{count} {ending}" for ending, count in counts.items()) or "not asked for"


def _took(turn: Execution) -> float:
    return max(0.0, turn.ended - turn.started)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
