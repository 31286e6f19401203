from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console

from phaseline.cli.console import LiveScreen, PlainScreen, line_of, report, screen
from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.times import duration
from phaseline.engine.graph import make
from phaseline.engine.outcome import Ending, Outcome

STEP = make("T007.image", "Image of the backend", lambda context: Report("x"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3600, "60 min 00 s"),
    ],
)
def test_how_long(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("ending", Ending)
def test_every_ending_has_a_line(ending: Ending) -> None:
    outcome = Outcome(step=STEP, ending=ending, reason="because", summary="two made")
    line = line_of(outcome).plain
    assert STEP.id in line
    assert STEP.title in line
    assert ("two made" if ending is Ending.DONE else "because") in line


def plain(width: int = 60) -> Console:
    return Console(file=io.StringIO(), highlight=False, width=width)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_where_there_is_no_terminal_the_lines_are_plain() -> None:
    console = plain()
    with screen(console) as shown:
        assert isinstance(shown, PlainScreen)
        shown.started(STEP, "never made")
        shown.progressed(STEP, "\x1b[31mcopies\x1b[0m [bold]files")
        shown.ended(Outcome(step=STEP, ending=Ending.DONE, summary="made"))
    text = text_of(console)
    assert "\x1b" not in text
    lines = text.splitlines()
    assert len(lines) == 3
    assert "never made" in lines[0]
    assert "[bold]files" in lines[1]
    assert "made" in lines[2]


def test_a_step_that_says_much_is_passed_on_now_and_then() -> None:
    console = plain()
    with PlainScreen(console) as shown:
        shown.started(STEP, "never made")
        for number in range(500):
            shown.progressed(STEP, f"file {number}")
    assert len(text_of(console).splitlines()) == 2


def test_it_is_never_silent_for_long_whether_or_not_a_step_works() -> None:
    console = plain()
    with PlainScreen(console, silence=0.2) as shown:
        time.sleep(0.35)
        assert "comparing with what the last run left" in text_of(console)
        shown.started(STEP, "never made")
        shown.progressed(STEP, "waits for a server")
        before = text_of(console).count("waits for a server")
        time.sleep(0.75)
        beats = text_of(console).count("waits for a server") - before
    assert 2 <= beats <= 4
    assert re.search(r"waits for a server \(0\.[4-9] s\)", text_of(console))


def test_the_end_of_a_run_can_be_copied_whole() -> None:
    address = f"page: http://172.31.0.2:31234/{'a' * 90}"
    error = CheckFailed("it is broken", why="w" * 100, fix=f"run {'x' * 100}")
    outcomes = [
        Outcome(step=STEP, ending=Ending.DONE, lines=(address,)),
        Outcome(step=STEP, ending=Ending.FAILED, error=error),
        Outcome(step=STEP, ending=Ending.FRESH),
        Outcome(step=STEP, ending=Ending.FRESH),
    ]
    console = plain()
    report(console, outcomes, 61)
    text = text_of(console)
    for whole in (address, "w" * 100, "x" * 100, "1 done, 2 fresh, 1 failed in 1 min 01 s"):
        assert whole in text


def test_a_terminal_gets_the_live_screen() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with screen(console) as shown:
        assert isinstance(shown, LiveScreen)
        shown.started(STEP, "never made")
        shown.progressed(STEP, "copies")
        shown.ended(Outcome(step=STEP, ending=Ending.DONE, summary="made"))
    assert "made" in text_of(console)
