"""Progress for work that says nothing by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from phaseline.process import journal


@contextmanager
def heartbeat(describe: Callable[[float], str], every: float = 2.0) -> Iterator[None]:
    """Report `describe(seconds since the start)` at once and every few seconds, until left."""
    listener = journal.current()  # the thread below has no journal of its own
    started, done = time.monotonic(), threading.Event()

    def beat() -> None:
        while not done.wait(every):
            listener.progress(describe(time.monotonic() - started))

    listener.progress(describe(0.0))
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
