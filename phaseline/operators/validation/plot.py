"""A load drawn: each request's time to answer, over the time of the load. Pure; loads nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from phaseline.operators.validation.load import Request, percentile

WIDTH, HEIGHT = 640.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 26.0, 34.0
_MOST = 1500  # dots; of more requests, every so many is drawn


def svg(requests: Sequence[Request], title: str) -> str:
    """One SVG document: a dot for each answer, a line for the median and one for 95 of 100."""
    good = [one for one in requests if one.good]
    times = [one.seconds * 1000 for one in good]
    top = max(percentile(times, 99) * 1.3, 1.0)
    end = max((one.at for one in requests), default=0.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
        'font-family="system-ui, sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        "<style>text{fill:#15181c}.dot{fill:#3b63b5;fill-opacity:.45}.axis{stroke:#6b7480}"
        ".p50{stroke:#1d7a3a}.p95{stroke:#b3261e}@media(prefers-color-scheme:dark){"
        "text{fill:#e8eaed}.dot{fill:#8fb0f5}.p50{stroke:#5cc47f}.p95{stroke:#ff8a80}}</style>",
        f'<text x="{LEFT:g}" y="14">{escape(title)}</text>',
        *_axes(top, end),
        *_dots(good, top, end),
        *_lines(times, top),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _y(milliseconds: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, milliseconds / top)


def _axes(top: float, end: float) -> Iterator[str]:
    floor, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    yield f'<path class="axis" fill="none" d="M{LEFT:g} {TOP:g}V{floor:g}H{right:g}"/>'
    for part in (0.0, 0.5, 1.0):
        y, x = _y(part * top, top), LEFT + (right - LEFT) * part
        yield f'<text x="{LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{part * top:.3g}</text>'
        yield f'<text x="{x:.1f}" y="{floor + 14:g}" text-anchor="middle">{part * end:.3g}</text>'
    yield f'<text x="4" y="{TOP - 2:g}">ms</text>'
    yield f'<text x="{right:g}" y="{HEIGHT - 4:g}" text-anchor="end">seconds of load</text>'


def _dots(good: Sequence[Request], top: float, end: float) -> Iterator[str]:
    wide = WIDTH - RIGHT - LEFT
    for one in good[:: max(1, -(-len(good) // _MOST))]:
        x, y = LEFT + wide * one.at / end, _y(one.seconds * 1000, top)
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="1.8"/>'


def _lines(times: Sequence[float], top: float) -> Iterator[str]:
    for percent in (50, 95) if times else ():
        value = percentile(times, percent)
        y, right = _y(value, top), WIDTH - RIGHT
        yield f'<path class="p{percent}" stroke-dasharray="5 3" d="M{LEFT:g} {y:.1f}H{right:g}"/>'
        label = f"{percent} %: {value:.3g} ms"
        yield f'<text x="{right:g}" y="{y - 4:.1f}" text-anchor="end">{label}</text>'
