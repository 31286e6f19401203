from __future__ import annotations

import io
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from phaseline.cli.console import Line, PlainScreen, line_of, lines_of, report, screen
from phaseline.cli.live import LiveScreen
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
    line = text_of([line_of(outcome)])
    assert STEP.id in line
    assert STEP.title in line
    assert ("two made" if ending is Ending.DONE else "because") in line


def text_of(lines: Sequence[Line]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_where_there_is_no_terminal_the_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with screen() as shown:
        assert isinstance(shown, PlainScreen)
        shown.started(STEP, "never made")
        shown.progressed(STEP, "\x1b[31mcopies\x1b[0m [bold]files")
        shown.ended(Outcome(step=STEP, ending=Ending.DONE, summary="made"))
    lines = capsys.readouterr().out.splitlines()
    assert "\x1b" not in "".join(lines)
    assert len(lines) == 3
    assert "never made" in lines[0]
    assert "copies [bold]files" in lines[1]
    assert "made" in lines[2]


def test_a_step_that_says_much_is_passed_on_now_and_then() -> None:
    stream = io.StringIO()
    with PlainScreen(stream) as shown:
        shown.started(STEP, "never made")
        for number in range(500):
            shown.progressed(STEP, f"file {number}")
    assert len(stream.getvalue().splitlines()) == 2


def test_it_is_never_silent_for_long_whether_or_not_a_step_works() -> None:
    stream = io.StringIO()
    with PlainScreen(stream, silence=0.2) as shown:
        time.sleep(0.35)
        assert "comparing with what the last run left" in stream.getvalue()
        shown.started(STEP, "never made")
        shown.progressed(STEP, "waits for a server")
        before = stream.getvalue().count("waits for a server")
        time.sleep(0.75)
        beats = stream.getvalue().count("waits for a server") - before
    assert 2 <= beats <= 4
    assert re.search(r"waits for a server \(0\.[4-9] s\)", stream.getvalue())


def test_the_end_of_a_run_can_be_copied_whole() -> None:
    address = f"page: http://172.31.0.2:31234/{'a' * 90}"
    error = CheckFailed("it is broken", why="w" * 100, fix=f"run {'x' * 100}")
    outcomes = [
        Outcome(step=STEP, ending=Ending.DONE, lines=(address,)),
        Outcome(step=STEP, ending=Ending.FAILED, error=error),
        Outcome(step=STEP, ending=Ending.FRESH),
        Outcome(step=STEP, ending=Ending.FRESH),
    ]
    stream = io.StringIO()
    with PlainScreen(stream) as shown:
        shown.say(list(report(outcomes, 61, "sha256:0a1b")))
    text = stream.getvalue()
    for whole in (address, "w" * 100, "x" * 100, "1 done, 2 fresh, 1 failed in 1 min 01 s"):
        assert whole in text
    assert "evidence: head sha256:0a1b" in text


def test_a_terminal_gets_the_live_screen() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with LiveScreen(console) as shown:
        shown.started(STEP, "never made")
        shown.progressed(STEP, "copies \x1b[31mfiles")
        shown.ended(Outcome(step=STEP, ending=Ending.DONE, summary="made"))
        shown.say(list(report([], 1.0)))
    assert isinstance(console.file, io.StringIO)
    assert "made" in console.file.getvalue()


def said(path: Path, count: int) -> Path:
    """A log of a step whose program has printed `count` lines."""
    lines = ["    0.00 · begins", *(f"    0.01 | line {n}" for n in range(count))]
    path.write_text("\n".join([*lines, "    0.02 $ make  → 1 in 0.02 s", "    0.02 ! broken"]))
    return path


CASES = [
    (Ending.FAILED, "broken", False, [f"line {n}" for n in range(5, 20)]),
    (Ending.FAILED, "broken\nline 17\nline 18\nline 19", False, []),
    (Ending.FAILED, "broken", True, [f"line {n}" for n in range(20)]),
    (Ending.DONE, "", False, []),
    (Ending.DONE, "", True, [f"line {n}" for n in range(20)]),
]


@pytest.mark.parametrize(("ending", "why", "verbose", "shown"), CASES)
def test_what_programs_printed_is_shown_together(
    ending: Ending, why: str, verbose: bool, shown: list[str], tmp_path: Path
) -> None:
    log = said(tmp_path / "log", 20)
    error = CheckFailed("it is broken", why=why) if why else None
    outcome = Outcome(step=STEP, ending=ending, error=error, log=log)
    lines = text_of(lines_of(outcome, verbose=verbose)).splitlines()
    assert lines[1:] == [f"    | {line}" for line in shown]


def test_a_step_without_a_log_has_printed_nothing(tmp_path: Path) -> None:
    outcome = Outcome(step=STEP, ending=Ending.FAILED, log=tmp_path / "gone")
    assert len(lines_of(outcome, verbose=True)) == 1
