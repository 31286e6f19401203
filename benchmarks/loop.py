"""The inner loop, and the application under load while it changes.

    python -m benchmarks.loop                    every case; about five minutes
    python -m benchmarks.loop --only load        one of: save, load, bad-image, distribution
    python -m benchmarks.loop --json             for scripts

Works in a copy of the checkout, which is torn down at the end. Small figures are the median of
three. The plain way of the same edit is `docker build`, `docker save` into the node's containerd
and `helm upgrade --wait`: without a check, and with nothing recorded. Needs root, cached tools and
a machine on which nothing else runs.
"""

from __future__ import annotations

import argparse
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urljoin

import httpx

from benchmarks.deploy import Checkout, changed, checkout, version
from benchmarks.load import RATE, Load, spread
from benchmarks.plain import Plain
from benchmarks.table import Figure, show
from phaseline.operators.clusters import access
from phaseline.process.run import run

TIMES = 3
PAGE = "frontend/src/todo/NewTodo.tsx"
_LIMIT = 120.0
_LEAVING = 18.0  # seconds that a pod takes to leave: the chart's drainSeconds, and its end


def saves(copy: Checkout) -> list[Figure]:
    """From a saved line to its being served, with `deploy-all --watch` and the plain way."""
    backend, page = [], []
    with watching(copy) as settled:
        for number in range(TIMES):
            backend.append(_backend(copy, f"1.0.{number}", lambda: None))
            settled()
            page.append(_page(copy, f"What is to be done, {number}?"))
            settled()
    with Plain.of(copy) as plain:
        by_hand = [_backend(copy, f"2.0.{number}", plain.update) for number in range(TIMES)]
    ours, theirs = statistics.median(backend), statistics.median(by_hand)
    return [
        Figure("backend line saved, new version serves", ours, "s", 4),
        Figure("page line saved, served", statistics.median(page), "s", 4),
        Figure(f"the backend's, of the plain way's {theirs:.1f} s", ours / theirs, "of it", 1),
    ]


@contextmanager
def watching(copy: Checkout) -> Iterator[Callable[[], None]]:
    """`deploy-all --watch`, once it waits for saves; what is given waits until it does again."""
    log = copy.root.parent / "watch.log"
    told = 0

    def settled() -> None:
        nonlocal told
        _await(lambda: log.read_text().count("save one to run again") > told, "the watch waits")
        told += 1

    with log.open("wb") as stream:
        process = subprocess.Popen(
            (sys.executable, "-m", "invoke", "deploy-all", "--watch"),
            cwd=copy.root,
            env=copy.environment,
            stdout=stream,
            stderr=stream,
        )
        try:
            settled()
            yield settled
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_LIMIT)


def _backend(copy: Checkout, wanted: str, work: Callable[[], object]) -> float:
    """Save a version; the seconds until it serves, `work` being done meanwhile."""
    address, started = copy.address(), time.monotonic()
    changed(copy, wanted)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        _await(lambda: version(address) == wanted, f"{wanted} serves")
        served = time.monotonic() - started
        done.result()
    return served


def _page(copy: Checkout, words: str) -> float:
    """Save a text of the page; the seconds until it is served."""
    path, address, started = copy.root / PAGE, copy.address(), time.monotonic()
    path.write_text(re.sub('placeholder="[^"]*"', f'placeholder="{words}"', path.read_text()))
    _await(lambda: words in _script(address), f"the page says {words!r}")
    return time.monotonic() - started


def _script(address: str) -> str:
    try:
        page = httpx.get(address, timeout=5).text
        source = re.search(r'src="(/assets/[^"]+\.js)"', page)
        return httpx.get(urljoin(address, source[1]), timeout=5).text if source else ""
    except httpx.HTTPError:
        return ""


def under_load(copy: Checkout) -> list[Figure]:
    """What a rolling update, a rollback and the end of each pod cost, of 200 requests a second."""
    changed(copy, "3.0.0")
    cases: dict[str, Callable[[], object]] = {
        "rolling update": lambda: copy.invoke("deploy-all"),
        "rollback": lambda: copy.invoke("app.rollback"),
        "backend pod killed": lambda: _kill(copy, "backend"),
        "frontend pod killed": lambda: _kill(copy, "frontend"),
    }
    return [_lost(copy, what, work) for what, work in cases.items()]


def _lost(copy: Checkout, what: str, work: Callable[[], object]) -> Figure:
    with Load(copy.address()) as load:
        work()
        time.sleep(_LEAVING)
    print(f"{what}: {load.outcome}", file=sys.stderr)  # noqa: T201
    if load.outcome.sent < 0.95 * RATE * load.outcome.duration:
        sys.exit(f"{what}: this machine does not send {RATE:.0f} requests a second")
    return Figure(f"{what}, requests lost", len(load.outcome.lost), "", 0)


def _kill(copy: Checkout, component: str) -> None:
    context = copy.context()
    place = ("-n", context.pipeline.chart.namespace)
    chosen = ("-l", f"app.kubernetes.io/component={component}")
    run(access.kubectl(context).command("delete", "pod", *place, *chosen, "--wait=false"))


def bad_image(copy: Checkout) -> list[Figure]:
    """An image that is nowhere: until its pod is named, and the release is as it was."""
    started = time.monotonic()
    told = subprocess.run(
        (sys.executable, "-m", "invoke", "app.update", "--values", "backend.image.tag=gone"),
        cwd=copy.root,
        env=copy.environment,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    seconds = time.monotonic() - started
    said = told.stdout + told.stderr
    if not all(words in said for words in ("does not come up", "ImagePull", "was put back")):
        sys.exit(f"{said}\na bad image is not named, or not put back")
    return [Figure("bad image, named and rolled back", seconds, "s", 20)]


def distribution(copy: Checkout) -> list[Figure]:
    """4,000 requests over four replicas: the one that is farthest from its even part."""
    copy.invoke("app.scale", "backend", "4")
    found = spread(copy.context(), copy.address(), "todo-app-backend")
    copy.invoke("app.scale", "backend", "1")
    print(found, file=sys.stderr)  # noqa: T201
    return [
        Figure("4,000 requests over 4 replicas, farthest from even", found.worst * 100, "%", 15)
    ]


CASES = {
    "save": saves,
    "load": under_load,
    "bad-image": bad_image,
    "distribution": distribution,
}


def _await(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _LIMIT
    while not reached():
        if time.monotonic() > deadline:
            sys.exit(f"after {_LIMIT:.0f} s it is not so that {what}")
        time.sleep(0.05)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=CASES, action="append", help="this case and no other")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all is torn down
    with checkout({}) as copy:
        copy.invoke("deploy-all")
        figures = [one for name in options.only or CASES for one in CASES[name](copy)]
    return show(figures, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
