"""Where phases and steps stand in a drawing of the graph. Pure; all lengths in SVG user units.

Phases that need each other stand in rows, one below the other; those of one row side by side.
Inside a phase steps stand in columns: each to the right of all that it needs there, the gate last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from phaseline.engine.graph import Graph, Phase


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A box for each phase and step, and the size of the whole."""

    phases: Mapping[str, Box]
    steps: Mapping[str, Box]
    width: float
    height: float


NODE = Box(0, 0, 188, 38)
_TALLEST = 4  # nodes in a column; a level of more takes several
_BETWEEN_COLUMNS, _BETWEEN_NODES, _BETWEEN_ROWS = 34.0, 9.0, 46.0
_PADDING, _HEAD, _MARGIN = 12.0, 32.0, 16.0


def lay_out(graph: Graph) -> Layout:
    """A place for everything; nothing overlaps, the same graph gives the same places."""
    phases: dict[str, Box] = {}
    steps: dict[str, Box] = {}
    top = _MARGIN
    for row in _levels({name: phase.needs for name, phase in graph.phases.items()}):
        left = _MARGIN
        for name in row:
            columns = _columns(graph.phases[name])
            phases[name] = _around(left, top, columns)
            steps |= _placed(left + _PADDING, top + _HEAD, columns)
            left += phases[name].width + _BETWEEN_ROWS
        top += max(phases[name].height for name in row) + _BETWEEN_ROWS
    return Layout(
        phases,
        steps,
        width=max(box.x + box.width for box in phases.values()) + _MARGIN,
        height=top - _BETWEEN_ROWS + _MARGIN,
    )


def _columns(phase: Phase) -> list[list[str]]:
    inner = {step.id for step in phase.steps if step is not phase.gate}
    needs = {s.id: tuple(n for n in s.needs if n in inner) for s in phase.steps if s.id in inner}
    return [*(part for level in _levels(needs) for part in _broken(level)), [phase.gate.id]]


def _broken(level: list[str]) -> list[list[str]]:
    count = -(-len(level) // _TALLEST)
    height = -(-len(level) // count)
    return [level[index : index + height] for index in range(0, len(level), height)]


def _levels(needs: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Names by the length of the longest way to them; in the order of `needs` within one."""
    level: dict[str, int] = {}
    for name in TopologicalSorter(needs).static_order():
        level[name] = 1 + max((level[need] for need in needs[name]), default=-1)
    deepest = max(level.values(), default=-1)
    return [[name for name in needs if level[name] == depth] for depth in range(deepest + 1)]


def _around(left: float, top: float, columns: list[list[str]]) -> Box:
    tallest = max(len(column) for column in columns)
    width = len(columns) * (NODE.width + _BETWEEN_COLUMNS) - _BETWEEN_COLUMNS
    height = tallest * (NODE.height + _BETWEEN_NODES) - _BETWEEN_NODES
    return Box(left, top, width + 2 * _PADDING, height + _HEAD + _PADDING)


def _placed(left: float, top: float, columns: list[list[str]]) -> dict[str, Box]:
    return {
        name: Box(
            left + across * (NODE.width + _BETWEEN_COLUMNS),
            top + down * (NODE.height + _BETWEEN_NODES),
            NODE.width,
            NODE.height,
        )
        for across, column in enumerate(columns)
        for down, name in enumerate(column)
    }
