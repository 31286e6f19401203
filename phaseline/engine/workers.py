"""Threads that are kept for the next piece of work: starting one takes longer than a small step."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue


class Workers:
    """As many threads as there was work at once. They are daemons: one that hangs holds nobody."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._threads = self._lost = 0
        self._context = contextvars.copy_context()
        self._own = threading.local()  # `next`: what one of our threads goes on with

    def start(self, work: Callable[[], object], busy: int) -> None:
        """Do `work` in a thread, in a copy of the context in which we were made.

        One of our threads that starts something, as the last thing in its work, does that itself.

        Args:
            busy: how much work, this among it, has been given and not ended.
        """
        if self._threads < busy:
            self._threads += 1
            threading.Thread(target=self._serve, name="step", daemon=True).start()
        context = self._context.copy()
        if getattr(self._own, "next", work) is None:
            self._own.next = partial(context.run, work)
        else:
            self._queue.put(partial(context.run, work))

    def lose(self) -> None:
        """A thread hangs, and is not counted on any more."""
        self._threads -= 1
        self._lost += 1

    def close(self) -> None:
        """Let the threads end."""
        for _ in range(self._threads + self._lost):  # a lost one may come back
            self._queue.put(None)

    def _serve(self) -> None:
        self._own.next = None
        while work := self._own.next or self._queue.get():
            self._own.next = None
            work()
