from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.execution import Call, Execution
from phaseline.engine.graph import Graph, Phase, check, make, not_built
from phaseline.engine.report import bars, excerpt, page, plain, result, undone
from phaseline.engine.runs import Begun, Story

HOSTILE = '<script>alert(1)</script> & "q" \x1b[31mred\x1b[0m <img src=http://evil.example/x>'
HARMLESS = '<script>alert(1)</script> & "q" red <img src=http://evil.example/x>'
VOID = {"meta", "br", "img", "link", "input", "hr"}


def work(context: Context) -> Report:
    return Report("")


GRAPH = Graph(
    [
        Phase(
            number=1,
            name="one",
            title="First",
            steps=(
                make("T1", "Makes", work),
                make("T2", "Stands", work),
                check("T3", "Fails", work),
            ),
        ),
        Phase(
            number=2,
            name="two",
            title="Second",
            steps=(not_built("T4", "Later"), check("T5", "Waits", work), check("T6", "Cut", work)),
            needs=("one",),
        ),
        Phase(number=3, name="three", title="Third", steps=(check("T7", "Else", work),)),
    ]
)


def turn(step: str, ending: str, **more: Any) -> Execution:
    found = GRAPH.steps[step]
    values: dict[str, Any] = {
        "run": "r1",
        "step": step,
        "phase": GRAPH.phase_of[step].name,
        "title": found.title,
        "kind": found.kind,
        "ending": ending,
        "reason": "never made",
        "summary": "",
        "key": "",
        "parts": {},
        "outputs": {},
        "identity": {},
        "lines": (),
        "calls": (),
        "log": "",
        "error": {},
        "started": 1000.0,
        "ended": 1010.0,
    }
    return Execution(**{**values, **more})


LS = Call(command="ls", code=0, seconds=1)
STORY = Story(
    id="r1",
    command="invoke one two",
    phases=("one", "two"),
    started=1000.0,
    ended=1100.0,
    code=1,
    head="sha256:" + "a" * 64,
    turns=(
        turn("T1", "done", outputs={"out/a": "d" * 64}, calls=(LS,)),
        turn("T2", "fresh", reason="nothing it depends on has changed"),
        turn(
            "T3",
            "failed",
            started=1010.0,
            ended=1060.0,
            error={"code": "x", "what": "it broke", "why": "rust", "fix": "paint"},
        ),
        turn("T4", "not built", reason=""),
        turn("T5", "not run", reason="needs T3, which failed"),
    ),
    unfinished={"T6": Begun(run="r1", time=1060.0, reason="never made")},
)  # fmt: skip


class Page(HTMLParser):
    """The page as a browser would see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def made(story: Story = STORY, log: str = "  0.01 | hello") -> Page:
    found = Page(page(story, GRAPH, "shop", lambda turn: log))
    assert found.open == []  # every element is closed, in order
    return found


def test_it_says_what_was_done_why_and_what_was_not() -> None:
    text = made().text
    for wanted in (
        "shop run r1",
        "T3 failed: it broke",
        "1970-01-01 00:16:40 UTC, for 1 min 40 s",
        "exit code 1",
        "1 done, 1 fresh, 1 failed, 1 not built, 1 not run",
        f"invoke verify --head sha256:{'a' * 64}",
        "1 one First: 1 done, 1 fresh, 1 failed",
        "because: nothing it depends on has changed",
        "it broke cause: rust fix: paint",
        f"out/a {'d' * 64}",
        "0 ls 1.0 s",
        "hello",
        "T4 not built Later declared, and there is no code for it yet",
        "T5 not run Waits needs T3, which failed",
        "T6 cut off Cut the run ended before the step did",
        "T7 not asked for Else",
    ):
        assert wanted in text, wanted


def test_it_loads_nothing_and_runs_nothing() -> None:
    tags = made().tags
    names = {name for name, _ in tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for _, attributes in tags:
        assert not attributes.keys() & {"src", "href", "srcset", "action", "data", "poster"}
        assert not [name for name in attributes if name.startswith("on")]
    text = page(STORY, GRAPH, "shop", lambda turn: "")
    assert not re.search(r"https?://|url\(|@import", text)
    policy = [one for name, one in tags if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0]["content"] == ("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


def test_what_a_step_has_drawn_is_an_image_in_the_page() -> None:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    found = Page(page(STORY, GRAPH, "shop", lambda turn: "", lambda turn: drawn))
    images = [one for name, one in found.tags if name == "img"]
    assert images
    for one in images:
        encoded = str(one["src"]).partition("data:image/svg+xml;base64,")[2]
        assert base64.b64decode(encoded).decode() == drawn
    assert "script" not in {name for name, _ in found.tags}


@pytest.mark.parametrize("field", ["title", "summary", "reason", "step"])
def test_what_steps_say_stays_text(field: str) -> None:
    hostile: dict[str, Any] = {field: HOSTILE}
    story = replace(STORY, turns=(turn("T1", "done")._replace(**hostile), *STORY.turns[1:]))
    found = made(story)
    assert "script" not in {name for name, _ in found.tags}
    if field != "step":  # no step of the graph has that name, but the time line tells it
        assert HARMLESS in found.text
    assert "\x1b" not in found.text


def test_logs_commands_outputs_and_errors_stay_text() -> None:
    story = replace(
        STORY,
        command=HOSTILE,
        turns=(
            turn(
                "T1",
                "failed",
                outputs={HOSTILE: HOSTILE},
                identity={HOSTILE: HOSTILE},
                calls=(Call(command=HOSTILE, code=1, seconds=0),),
                error={"code": "x", "what": HOSTILE, "why": HOSTILE, "fix": HOSTILE},
            ),
        ),
    )
    found = made(story, log=HOSTILE)
    assert not {"script", "img"} & {name for name, _ in found.tags}
    assert found.text.count(HARMLESS) == 11  # the result names it once more
    assert "\x1b" not in found.text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(B\x1b[?25lon\x1b[K", "on"),
        ("10%\r20%\r", "10%20%"),
        ("a\x00b\x9bc\x07", "abc"),
        ("ü → ✓", "ü → ✓"),
    ],
)
def test_commands_to_a_terminal_are_taken_out(text: str, left: str) -> None:
    assert plain(text) == left


def test_an_excerpt_says_what_it_leaves_out() -> None:
    text = "\n".join(map(str, range(10)))
    assert excerpt(text, 3) == "… 7 lines before\n7\n8\n9"
    assert excerpt(text, 10) == text
    assert excerpt("", 3) == ""


def test_the_time_line_is_in_proportion() -> None:
    assert [(bar.turn.step, bar.left, bar.width) for bar in bars(STORY)] == [
        ("T1", 0.0, 10.0),
        ("T3", 10.0, 50.0),
    ]
    instant = replace(STORY, ended=1000.0)
    assert all(0 <= bar.left <= 100 and 0 < bar.width <= 100 for bar in bars(instant))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "T3 failed: it broke"),
        ({"turns": STORY.turns[:2], "code": 0}, "all that was asked for is done"),
        ({"turns": STORY.turns[:2], "code": None, "ended": None}, "it has no end"),
        ({"turns": STORY.turns[:2], "code": 130}, "it was interrupted"),
        ({"turns": STORY.turns[:2], "code": 5}, "it ended with exit code 5"),
    ],
)
def test_how_a_run_ended(change: dict[str, Any], said: str) -> None:
    story = replace(STORY, **change)
    assert said in result(story)
    assert said in made(story).text


def test_a_run_that_did_all_leaves_nothing_undone() -> None:
    story = replace(STORY, turns=tuple(turn(name, "done") for name in GRAPH.steps), unfinished={})
    assert undone(GRAPH, story) == []
    assert "Nothing: every step of the pipeline was done, or stands." in made(story).text
