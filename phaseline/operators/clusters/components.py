"""What the control plane says of itself: each check of the API server, and those it works with.

https://kubernetes.io/docs/reference/using-api/health-checks/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from phaseline.core.finding import Finding
from phaseline.tools.api_server import Answer, ApiServer

SKEW_SECONDS = 5.0  # tokens, leases and certificates bear a few
_LOGS = "read .phaseline/cluster/logs"


def findings(api: ApiServer) -> Iterator[Finding]:
    """The API server's checks, and the components that it asks.

    Raises:
        Unreachable: it does not answer.
    """
    for name in ("livez", "readyz"):
        yield checked(f"API server {name}", api.answer(f"/{name}?verbose"))
    for one in api.items("/api/v1/componentstatuses"):
        yield component(one)


def checked(name: str, answer: Answer) -> Finding:
    """What an endpoint for checks says, one line for each: `[+]etcd ok`; pure."""
    lines = [line for line in answer.text.splitlines() if line.startswith(("[+]", "[-]"))]
    failed = [line[3:] for line in lines if line.startswith("[-]")]
    if answer.status == 200 and not failed:
        return Finding(name, True, f"{len(lines)} checks passed")
    seen = "; ".join(failed) or f"HTTP {answer.status}: {answer.text[:200]}"
    return Finding(name, False, seen, f"{_LOGS}/kube-apiserver.log and etcd.log")


def component(one: Mapping[str, Any]) -> Finding:
    """A ComponentStatus: of the scheduler, the controller manager or etcd; pure."""
    name = one["metadata"]["name"]
    (healthy,) = (each for each in one["conditions"] if each["type"] == "Healthy")
    seen = healthy.get("error") or healthy.get("message") or healthy["status"]
    fix = f"{_LOGS}/{name.removesuffix('-0')}.log"
    return Finding(name, healthy["status"] == "True", seen, fix)


def clocks(api: ApiServer, nodes: Iterable[str], now: float) -> Iterator[Finding]:
    """The clocks of the API server and of each node's kubelet, beside ours.

    Args:
        now: seconds since the epoch.
    """
    yield clock("clock of the API server", api.answer("/readyz"), now)
    for name in nodes:
        # the proxy hands kubelet's own answer on, its date among it
        yield clock(f"clock of {name}", api.answer(f"/api/v1/nodes/{name}/proxy/healthz"), now)


def clock(name: str, answer: Answer, now: float) -> Finding:
    """Whether the clock that an answer tells goes as ours; a date has whole seconds; pure."""
    if not answer.date:
        return Finding(name, False, f"not told: HTTP {answer.status}", "is kubelet up?")
    apart = parsedate_to_datetime(answer.date).timestamp() - int(now)
    fix = "have both machines take their time from one source, such as chrony"
    return Finding(name, abs(apart) <= SKEW_SECONDS, f"{apart:+.0f} s from this machine's", fix)
