"""The graph drawn: as Mermaid text, and as an SVG image that needs nothing beside itself. Pure.

Mermaid's flowchart syntax: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

from phaseline.engine.graph import Graph, Phase
from phaseline.engine.layout import NODE, Box, Layout, lay_out

# State of a step: fill and border, on a light and on a dark ground.
COLOURS: Mapping[str, tuple[str, str, str]] = {
    "done": ("#d3f0db", "#1d7a3a", "#17442a"),
    "failed": ("#fbd6d3", "#b3261e", "#5c1a16"),
    "interrupted": ("#fdeac2", "#9a6700", "#4f3a0a"),
    "not applicable": ("#eef0f3", "#8a929c", "#23272d"),
    "not built": ("#ffffff", "#8a929c", "#16191d"),
    "never": ("#e3ecfb", "#3b63b5", "#1c2c4d"),
}
_LETTERS = 31  # of a title, in one line of a node


def mermaid(graph: Graph, states: Mapping[str, str]) -> str:
    """The graph as a Mermaid flowchart: phases as boxes, steps in them coloured by `states`."""
    lines = ["flowchart TB"]
    for phase in graph.phases.values():
        lines.append(f'  subgraph {_name(phase.name)}["{phase.number} {_quoted(phase.name)}"]')
        for step in phase.steps:
            lines.append(f'    {_name(step.id)}["{step.id}<br/>{_quoted(step.title)}"]')
        lines.append("  end")
    lines += [f"  {_name(a)} --> {_name(b)}" for a, b in step_edges(graph)]
    lines += [f"  {_name(a)} ==> {_name(b)}" for a, b in phase_edges(graph)]
    for state, (fill, border, _) in COLOURS.items():
        if members := [_name(name) for name in graph.steps if states.get(name) == state]:
            style = ",stroke-dasharray:4" if state == "not built" else ""
            colours = f"fill:{fill},stroke:{border},color:#111{style}"
            lines.append(f"  classDef {_name(state)} {colours}")
            lines.append(f"  class {','.join(members)} {_name(state)}")
    return "\n".join(lines) + "\n"


def step_edges(graph: Graph) -> list[tuple[str, str]]:
    """Each need: the step that is needed, and the one that needs it."""
    return [(need, step.id) for step in graph.steps.values() for need in step.needs]


def phase_edges(graph: Graph) -> list[tuple[str, str]]:
    """Each need of a phase: the phase that is needed, and the one that needs it."""
    return [(need, phase.name) for phase in graph.phases.values() for need in phase.needs]


def _name(text: str) -> str:
    """A name that Mermaid takes for one: another one for each other text."""
    return "n_" + re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", text)


def _quoted(text: str) -> str:
    """Text between quotes; `#…;` is Mermaid's own way to write what would end it."""
    return (
        text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    )


def svg(graph: Graph, states: Mapping[str, str]) -> str:
    """The graph as one SVG document, legible on a light and on a dark ground.

    Each step is a group with `data-step` and `data-state`, each need a path with `data-from` and
    `data-to`.
    """
    layout = lay_out(graph)
    height, implied = layout.height + 40, _implied(phase_edges(graph))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:g} {height:g}" '
        'role="img" font-family="system-ui, sans-serif">',
        f"<title>{len(graph.steps)} steps in {len(graph.phases)} phases</title>",
        f"<style>{_style()}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
        *(_phase(phase, layout.phases[phase.name]) for phase in graph.phases.values()),
        *(_phase_edge(a, b, layout, implied) for a, b in phase_edges(graph)),
        *(_step_edge(a, b, graph, layout) for a, b in step_edges(graph)),
        *(
            _step(name, graph, layout.steps[name], states.get(name, "never"))
            for name in graph.steps
        ),
        *_legend(layout.height + 14),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _style() -> str:
    light = [f".{_class(s)} rect{{fill:{f};stroke:{b}}}" for s, (f, b, _) in COLOURS.items()]
    dark = [f".{_class(s)} rect{{fill:{d}}}" for s, (_, _, d) in COLOURS.items()]
    return (
        "text{fill:#15181c;font-size:11px}.id{font-weight:600}.head{font-weight:600;font-size:14px}"
        ".phase{fill:#f6f7f9;stroke:#c4c9d0}.need{fill:none;stroke:#6b7480;stroke-width:1.2}"
        ".far{stroke:#b3bac4;stroke-dasharray:3 3}.flow{fill:none;stroke:#3b4450;stroke-width:2.5}"
        ".flow.far{stroke-width:1.2}.tip{fill:#3b4450}.not-built rect{stroke-dasharray:4 3}"
        ".of{font-weight:400;font-size:11px}.gate rect{stroke-width:2.5}"
        + "".join(light)
        + "@media(prefers-color-scheme:dark){text{fill:#e8eaed}.phase{fill:#0f1114;stroke:#3a4048}"
        ".flow{stroke:#aab2bd}.tip{fill:#aab2bd}.far{stroke:#555d68}" + "".join(dark) + "}"
    )


def _class(state: str) -> str:
    return state.replace(" ", "-")


def _phase(phase: Phase, box: Box) -> str:
    heading = escape(f"{phase.number}  {phase.name}")
    return (
        f'<g data-phase="{escape(phase.name)}"><title>{escape(phase.title)}</title>'
        f'<rect class="phase" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="8"/>'
        f'<text class="head" x="{box.x + 12:g}" y="{box.y + 22:g}">{heading}'
        f'<tspan class="of" dx="10">{escape(_cut(phase.title, box.width))}</tspan></text></g>'
    )


def _cut(title: str, width: float) -> str:
    letters = int((width - 140) / 6)
    return title if len(title) <= letters else title[: letters - 1] + "…"


def _step(name: str, graph: Graph, box: Box, state: str) -> str:
    step = graph.steps[name]
    gate = " gate" if graph.phase_of[name].gate is step else ""
    title = step.title if len(step.title) <= _LETTERS else step.title[: _LETTERS - 1] + "…"
    return (
        f'<g class="{_class(state)}{gate}" data-step="{escape(name)}" data-state="{escape(state)}">'
        f"<title>{escape(f'{name} {step.title}: {state}')}</title>"
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="5"/>'
        f'<text class="id" x="{box.x + 8:g}" y="{box.y + 15:g}">{escape(name)}</text>'
        f'<text x="{box.x + 8:g}" y="{box.y + 29:g}">{escape(title)}</text></g>'
    )


def _step_edge(a: str, b: str, graph: Graph, layout: Layout) -> str:
    start, end = layout.steps[a], layout.steps[b]
    inside = graph.phase_of[a] is graph.phase_of[b]
    path = _across(start, end) if inside else _down(start, end)
    return _path("need" if inside else "need far", a, b, path)


def _phase_edge(a: str, b: str, layout: Layout, implied: set[tuple[str, str]]) -> str:
    kind = "flow far" if (a, b) in implied else "flow"
    return _path(kind, a, b, _down(layout.phases[a], layout.phases[b]))


def _implied(edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """The edges that a longer way says already."""
    after: dict[str, set[str]] = {}
    for a, b in edges:
        after.setdefault(a, set()).add(b)

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        pending = [name]
        while pending:
            new = after.get(pending.pop(), set()) - found
            found |= new
            pending += new
        return found

    return {(a, b) for a, b in edges if any(b in reached(c) for c in after[a] - {b})}


def _path(kind: str, a: str, b: str, path: str) -> str:
    ends = f'data-from="{escape(a)}" data-to="{escape(b)}"'
    return f'<path class="{kind}" {ends} d="{path}" marker-end="url(#tip)"/>'


def _across(start: Box, end: Box) -> str:
    """From a right edge to a left edge."""
    x1, y1 = start.x + start.width, start.y + start.height / 2
    x2, y2 = end.x, end.y + end.height / 2
    bend = max(18.0, (x2 - x1) / 2)
    return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"


def _down(start: Box, end: Box) -> str:
    """From a lower edge to an upper edge."""
    x1, y1 = start.x + start.width / 2, start.y + start.height
    x2, y2 = end.x + end.width / 2, end.y
    bend = max(14.0, (y2 - y1) / 2)
    return f"M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"


def _legend(top: float) -> Iterator[str]:
    for index, state in enumerate(COLOURS):
        left = 16 + index * (NODE.width * 0.62)
        yield (
            f'<g class="{_class(state)}"><rect x="{left:g}" y="{top:g}" width="16" height="12"/>'
            f'<text x="{left + 22:g}" y="{top + 10:g}">{escape(state)}</text></g>'
        )
