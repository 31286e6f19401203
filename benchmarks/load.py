"""Load on the todo application at a fixed rate, and a count of the requests that it lost.

    python -m benchmarks.load http://ADDRESS/ --seconds 10

Each request begins at its time, whatever became of those before it: a stall shows as late answers
and not as fewer requests. Every other one has a connection of its own; the rest share a few that
are kept for as long as the server lets them. Nothing is sent twice, unless the load is to behave
like the page: then what the page would send again is sent again, and counted.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, connection_from_url
from urllib3.exceptions import HTTPError

from benchmarks.users import Lost, Todos, act, verify
from phaseline.core.workspace import Context
from phaseline.operators.services.balance import Spread, accepted, since
from phaseline.operators.services.live import look

RATE = 200.0
KEPT_CONNECTIONS = 8
AT_ONCE = 256  # requests under way; more than that wait, and are late
LIMIT = 300.0  # seconds for which a load goes on at most
ANSWER_WITHIN = 15.0
# The page's own: frontend/src/todo/sync.ts, and the statuses of frontend/src/api/problems.ts.
PAUSES = (0.3, 1.2)
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 502, 503, 504})


@dataclass
class Outcome:
    """What became of the requests.

    Attributes:
        lost: for each request that was not answered as it should be, the second at which it
            began, and what happened.
        seconds: how long each other request took, from the time at which it was due.
        again: how many tries were repeated.
        duration: for how many seconds requests were begun.
    """

    lost: list[tuple[float, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    again: int = 0
    duration: float = 0.0

    @property
    def sent(self) -> int:
        """How many requests there were, each counted once."""
        return len(self.lost) + len(self.seconds)

    def __str__(self) -> str:
        slow = statistics.quantiles(self.seconds, n=100)[98] if len(self.seconds) > 1 else 0.0
        told = f"{self.sent} requests in {self.duration:.1f} s, {len(self.lost)} lost, "
        told += f"{self.again} repeated, 99 of 100 within {slow * 1000:.0f} ms"
        kinds = Counter(what for _, what in self.lost)
        return "\n".join((told, *(f"  {count} x {what}" for what, count in kinds.items())))


class Client:
    """Requests over connections that are kept, or over a new one for each."""

    def __init__(self, address: str, outcome: Outcome, *, kept: bool, pauses: tuple[float, ...]):
        self._address = address
        self._outcome = outcome
        self._pool = self._connect() if kept else None
        self._pauses = pauses

    def ask(self, method: str, path: str, *statuses: int, json: object = None) -> BaseHTTPResponse:
        """The answer to a request; raises Lost when its status is not one of `statuses`."""
        for pause in self._pauses:
            try:
                answer = self._send(method, path, json)
            except HTTPError:
                pass
            else:
                if answer.status not in WORTH_ANOTHER_TRY:
                    return _expected(method, answer, statuses)
            self._outcome.again += 1
            time.sleep(pause)
        try:
            return _expected(method, self._send(method, path, json), statuses)
        except HTTPError as error:
            raise Lost(f"{method}: {_told(error)}") from error

    def _send(self, method: str, path: str, json: object) -> BaseHTTPResponse:
        if self._pool:
            return self._pool.request(method, path, json=json)
        with self._connect() as pool:
            return pool.request(method, path, json=json)

    def _connect(self) -> HTTPConnectionPool:
        return connection_from_url(
            self._address, timeout=ANSWER_WITHIN, retries=False, maxsize=AT_ONCE
        )


def _told(error: HTTPError) -> str:
    """The kind of an error, and what the system said of it: refused is not unreachable."""
    said = error.__cause__ or error.__context__
    return f"{type(error).__name__} ({said})" if isinstance(said, OSError) else type(error).__name__


def _expected(method: str, answer: BaseHTTPResponse, statuses: tuple[int, ...]) -> BaseHTTPResponse:
    if answer.status not in statuses:
        later = answer.headers.get("Retry-After")
        told = f", to be asked again after {later} s" if later else ""
        raise Lost(f"{method}: answered {answer.status}{told}")
    return answer


class Load:
    """Users of the application, for as long as its `with` lasts; `outcome` is complete after it."""

    def __init__(self, address: str, *, rate: float = RATE, like_page: bool = False) -> None:
        self.outcome = Outcome()
        self._todos = Todos()
        self._rate = rate
        pauses = PAUSES if like_page else ()
        self._clients = [
            Client(address, self.outcome, kept=kept, pauses=pauses)
            for _ in range(KEPT_CONNECTIONS)
            for kept in (False, True)
        ]
        self._patient = Client(address, Outcome(), kept=True, pauses=PAUSES)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = time.monotonic()
            for number in itertools.count():
                due = number / self._rate
                if self._over.wait(max(0.0, started + due - time.monotonic())) or due > LIMIT:
                    break
                pool.submit(self._one, number, started + due, due)
            self.outcome.duration = time.monotonic() - started
        faults = verify(self._patient, self._todos)
        self.outcome.lost += [(0.0, fault) for fault in faults]

    def _one(self, number: int, begun: float, due: float) -> None:
        client = self._clients[number % len(self._clients)]
        # on to the next kind after a round of the clients, so that each asks for each kind
        turn = number + number // len(self._clients)
        try:
            act(turn, client, self._todos)
        except Lost as lost:
            self.outcome.lost.append((round(due, 1), str(lost)))
        except Exception as error:  # a defect of this program: not to be lost in a thread
            self.outcome.lost.append((round(due, 1), repr(error)))
            raise
        else:
            self.outcome.seconds.append(time.monotonic() - begun)


def spread(context: Context, address: str, service: str, requests: int = 4000) -> Spread:
    """How `requests` at the page's address are spread over the pods of the Service behind it.

    They come over one connection. The web server has a new one for each of them, so the Service
    chooses anew each time. Probes are counted, too.
    """
    (live,) = [one for one in look(context) if one.name == service]
    before = accepted(context, live)
    with connection_from_url(address, retries=False, timeout=ANSWER_WITHIN) as pool:
        for _ in range(requests):
            if (status := pool.request("GET", "/api/version").status) != 200:
                raise Lost(f"GET: answered {status}")
    return Spread(service, since(before, accepted(context, live)))


def main() -> int:
    """Load an address for a while; 1 when requests were lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="where the page is")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second (%(default)g)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (%(default)g)")
    parser.add_argument("--like-page", action="store_true", help="repeat what the page repeats")
    options = parser.parse_args()
    with Load(options.address, rate=options.rate, like_page=options.like_page) as load:
        time.sleep(min(options.seconds, LIMIT))
    print(load.outcome)  # noqa: T201
    return 1 if load.outcome.lost else 0


if __name__ == "__main__":
    sys.exit(main())
