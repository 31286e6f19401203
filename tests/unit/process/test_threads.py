from __future__ import annotations

import threading

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.process import journal
from phaseline.process.command import Completed
from phaseline.process.threads import each


class Heard:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def progress(self, text: str) -> None:
        self.texts.append(text)

    def line(self, text: str) -> None: ...
    def command(self, completed: Completed) -> None: ...


def test_results_come_in_the_order_of_the_items() -> None:
    second_done = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            assert second_done.wait(5)
        else:
            second_done.set()
        return item * 10

    assert each(work, [1, 2]) == [10, 20]


def test_what_threads_say_is_heard_by_the_step_that_asked() -> None:
    def step() -> list[str]:
        journal.listen(heard := Heard())
        each(journal.progress, ["one", "two", "three"], at_once=1)
        return heard.texts

    # a thread of its own, as steps have: its journal is not this test's
    assert each(lambda job: job(), [step]) == [["one", "two", "three"]]


def test_a_failure_is_raised_after_all_have_ended() -> None:
    ended = []

    def work(item: int) -> None:
        if item == 0:
            raise CheckFailed("no")
        ended.append(item)

    with pytest.raises(CheckFailed, match="no"):
        each(work, [0, 1, 2], at_once=1)
    assert ended == [1, 2]
