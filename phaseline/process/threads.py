"""The same work on several things side by side, inside one step."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], items: Sequence[T], *, at_once: int = 4) -> list[R]:
    """Do `work` on every item, `at_once` at a time; returns the results in the items' order.

    What the threads say goes to the journal of the step that asked.

    Raises:
        What the first of the items that failed raised, after all have ended.
    """
    with ThreadPoolExecutor(at_once) as pool:
        # a context cannot be entered twice at once, so each thread gets its own copy
        futures = [pool.submit(contextvars.copy_context().run, work, item) for item in items]
    return [future.result() for future in futures]


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do `work` beside the block; at its end, wait for it.

    Raises:
        What `work` raised.
    """
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(contextvars.copy_context().run, work)
        yield
        done.result()
