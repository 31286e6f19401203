"""What Prometheus reads: requests, todos, and the process."""

import threading
import time
from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from todo import __version__
from todo.errors import DatabaseUnavailable
from todo.store import Tally

TALLY_TTL_S = 15.0
# Any client can send any method; without this set each would become a time series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# A second series beside each one, only to tell when it began: nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]

_LABELS = ("method", "route", "status")
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """One registry with the service's figures."""

    def __init__(self, count: Callable[[], Tally], revision: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests", "Requests answered.", _LABELS, registry=self._registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from a request's arrival to the end of its answer.",
            _LABELS,
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._registry.register(_TodoCollector(count, revision))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is the template, never the path that was asked for."""
        labels = (method if method in _METHODS else "OTHER", route, str(status))
        self._requests.labels(*labels).inc()
        self._seconds.labels(*labels).observe(seconds)

    def render(self) -> bytes:
        """The text format, version 0.0.4."""
        return generate_latest(self._registry)


class _TodoCollector(Collector):
    """Todos by status, counted at most once in TALLY_TTL_S however often it is scraped."""

    def __init__(self, count: Callable[[], Tally], revision: str) -> None:
        self._count = count
        self._revision = revision
        self._lock = threading.Lock()
        self._tally: Tally | None = None
        self._expires = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing: otherwise registration would collect, and so ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Build information, and the tally; without a database the tally is left out."""
        build = GaugeMetricFamily(
            "todo_build_info",
            "Always 1; the labels tell the build.",
            labels=("version", "revision"),
        )
        build.add_metric((__version__, self._revision), 1)
        yield build
        tally = self._current()
        if tally is not None:
            items = GaugeMetricFamily("todo_items", "Todos by status.", labels=("status",))
            items.add_metric(("open",), tally.open)
            items.add_metric(("done",), tally.done)
            yield items

    def _current(self) -> Tally | None:
        with self._lock:
            now = time.monotonic()
            if now >= self._expires:
                # Set first: a database that is away is not asked again by the next scrape either.
                self._expires = now + TALLY_TTL_S
                self._tally = self._counted()
            return self._tally

    def _counted(self) -> Tally | None:
        try:
            return self._count()
        except DatabaseUnavailable:
            return None
