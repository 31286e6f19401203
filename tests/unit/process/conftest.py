from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from phaseline.process import groups, journal
from phaseline.process.command import Completed


class Kept:
    """A journal that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.commands: list[Completed] = []

    def progress(self, text: str) -> None:
        self.lines.append(text)

    def line(self, text: str) -> None:
        self.lines.append(text)

    def command(self, completed: Completed) -> None:
        self.commands.append(completed)


@pytest.fixture
def kept() -> Iterator[Kept]:
    """The journal of this test."""
    journal_ = Kept()
    token = journal._current.set(journal_)
    yield journal_
    journal._current.reset(token)


@pytest.fixture
def stops() -> Iterator[None]:
    """Commands are allowed again after a test that stopped them all."""
    yield
    groups.reset()
    assert threading.active_count() < 20
