"""Requests to the deployed application by several clients at once, and how long each took."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from phaseline.process.groups import pause


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: when it began, in seconds since the load did, and what became of it.

    Attributes:
        seconds: until its answer was there; status: 0 where none came.
    """

    at: float
    seconds: float
    status: int

    @property
    def good(self) -> bool:
        """Whether it was answered as it should be."""
        return 200 <= self.status < 400


def put(url: str, *, clients: int, seconds: float) -> list[Request]:
    """Ask `url` with GET for so many seconds; each client waits for its answer, and asks again.

    Raises:
        Interrupted: the run is being stopped.
    """
    done, found = threading.Event(), list[Request]()
    began = time.monotonic()
    workers = [
        threading.Thread(target=_ask, args=(url, began, done, found), daemon=True)
        for _ in range(clients)
    ]
    for worker in workers:
        worker.start()
    try:
        while time.monotonic() - began < seconds:
            pause(0.1)
    finally:
        done.set()
        for worker in workers:
            worker.join(10.0)
    return sorted(found, key=lambda one: one.at)


def _ask(url: str, began: float, done: threading.Event, found: list[Request]) -> None:
    from urllib3 import PoolManager
    from urllib3.exceptions import HTTPError

    with PoolManager(maxsize=1, retries=False, timeout=5.0) as pool:
        while not done.is_set():
            start, status = time.monotonic(), 0
            try:
                status = pool.request("GET", url).status
            except HTTPError:
                done.wait(0.05)  # what refuses at once is not asked a thousand times a second
            now = time.monotonic()
            found.append(Request(at=start - began, seconds=now - start, status=status))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of a hundred do not exceed, by the nearest rank; 0 for none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * percent // 100)  # rounded up
    return ordered[max(0, int(rank) - 1)]
