"""How long it takes to deploy: cold, with tools cached, with nothing changed, after an edit.

    python -m benchmarks.deploy                  every case but the first ever run
    python -m benchmarks.deploy --first          the first ever run too: empty caches, 12 minutes
    python -m benchmarks.deploy --json           for scripts

Works in a copy of the checkout, which is torn down at the end. Small figures are the median of
three. Needs root and a machine on which nothing else runs.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.table import Figure, environment, show
from phaseline.core.workspace import Context, Workspace
from phaseline.engine import record

ROOT = Path(__file__).parents[1]
CHANGED = Path("backend/src/todo/__init__.py")
# What takes a changed line of the backend into an image that the node has.
TO_THE_NODE = ("T007.packages", "T007.image", "T026.images")


@dataclass(frozen=True)
class Checkout:
    """A copy of this checkout, driven by its command line."""

    root: Path
    env: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables for its command line."""
        return {**environment(), **self.env}

    def invoke(self, *arguments: str, limit: float = 1200.0) -> tuple[float, float]:
        """Run `invoke …`; returns the seconds it took and the longest silence in its output."""
        started = last = time.monotonic()
        silence = 0.0
        log = self.root.parent / "benchmark.log"
        with (
            subprocess.Popen(
                (sys.executable, "-m", "invoke", *arguments),
                cwd=self.root,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process,
            log.open("ab") as kept,
        ):
            assert process.stdout
            for line in process.stdout:
                now = time.monotonic()
                silence, last = max(silence, now - last), now
                kept.write(line)
                if now - started > limit:
                    process.terminate()
        if process.returncode:
            told = log.read_text(errors="replace")[-3000:]  # the log goes with the checkout
            sys.exit(f"{told}\ninvoke {' '.join(arguments)} failed")
        return time.monotonic() - started, max(silence, time.monotonic() - last)

    def seconds_of(self, step: str) -> float:
        """How long the step took when it last ran."""
        return self._record(step).seconds

    def address(self) -> str:
        """Where the page answers."""
        return self._record("T034").lines[0].partition(": ")[2]

    def context(self) -> Context:
        """Its workspace, for looking at what was made."""
        return Context(Workspace(self.root))

    def _record(self, step: str) -> record.Record:
        kept = record.load(self.root / ".phaseline", step)
        return kept or sys.exit(f"{step} has no record: it did not succeed")


@contextmanager
def checkout(env: Mapping[str, str]) -> Iterator[Checkout]:
    """A copy of what git tracks, torn down at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder) / "checkout"
        tracked = subprocess.run(
            ("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout
        for name in tracked.rstrip("\0").split("\0"):
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        copy = Checkout(root, {**env, "PYTHONPATH": str(root)})
        try:
            yield copy
        finally:
            copy.invoke("teardown")


def first_ever() -> list[Figure]:
    """Empty caches: everything is fetched and built."""
    with tempfile.TemporaryDirectory(prefix="bench-cache-") as caches:
        names = {
            "XDG_CACHE_HOME": "cache",
            "GOCACHE": "go-build",
            "GOMODCACHE": "go-mod",
            "npm_config_cache": "npm",
            "PIP_CACHE_DIR": "pip",
        }
        env = {name: f"{caches}/{folder}" for name, folder in names.items()}
        with checkout({**env, "GOFLAGS": "-modcacherw"}) as copy:
            seconds, silence = copy.invoke("deploy-all")
    return [
        Figure("first ever run, everything built", seconds / 60, "min", 12),
        Figure("its longest silence", silence, "s", 5),
    ]


def everyday() -> list[Figure]:
    """Tools cached: from nothing, the cluster alone, nothing changed, one line changed."""
    with checkout({}) as copy:
        copy.invoke("deploy-all")
        copy.invoke("teardown", "--state")
        fresh, _ = copy.invoke("deploy-all")
        ready = [copy.seconds_of("T021.start")]
        unchanged = [copy.invoke("deploy-all")[0] for _ in range(3)]
        edits, on_node = [], []
        for number in range(3):
            edits.append(edit(copy, number))
            on_node.append(sum(copy.seconds_of(step) for step in TO_THE_NODE))
        for _ in range(2):
            copy.invoke("cluster.delete")
            copy.invoke("cluster")
            ready.append(copy.seconds_of("T021.start"))
        started = time.monotonic()
        copy.invoke("teardown")
        gone = time.monotonic() - started
    return [
        Figure("tools cached; no cluster, no images", fresh, "s", 90),
        Figure("nothing to node Ready", statistics.median(ready), "s", 8),
        Figure("nothing changed, with all probes", statistics.median(unchanged), "s", 1),
        Figure("one backend line to new version", statistics.median(edits), "s", 15),
        Figure("its image, built and on the node", statistics.median(on_node), "s", 1.5),
        Figure("teardown", gone, "s", 5),
    ]


def edit(copy: Checkout, number: int) -> float:
    """Change the backend's version; returns the seconds until the new one answers.

    It is asked for while the run goes on: what the run checks afterwards is not waited for.
    """
    wanted, address = f"0.0.{number}", copy.address()
    started = time.monotonic()
    changed(copy, wanted)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(copy.invoke, "deploy-all")
        while version(address) != wanted:
            if run.done() and time.monotonic() - started > 120:
                sys.exit("the new version does not answer")
            time.sleep(0.05)
        answered = time.monotonic() - started
        run.result()
    return answered


def changed(copy: Checkout, version: str) -> None:
    """Make the backend's source say that it is of this version: one line of it."""
    path = copy.root / CHANGED
    lines = path.read_text().splitlines()
    lines = [f'__version__ = "{version}"' if x.startswith("__version__") else x for x in lines]
    path.write_text("\n".join(lines) + "\n")


def version(address: str) -> str:
    """The version that answers; "" while none does."""
    try:
        return str(httpx.get(f"{address}api/version", timeout=5).json()["version"])
    except (httpx.HTTPError, ValueError):
        return ""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", action="store_true", help="the first ever run too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that all is torn down
    figures = [*(first_ever() if options.first else []), *everyday()]
    return show(figures, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
