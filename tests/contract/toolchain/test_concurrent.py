"""Two runs at once, and a run that is killed: the cache stays whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from phaseline.tools.toolchain import ensure
from tests.contract.toolchain.site import HELM, Site

ROOT = Path(__file__).parents[3]
PROGRAM = """
from phaseline.process import journal
from phaseline.tools.toolchain import ensure

class Said:
    def progress(self, text): print(text, flush=True)
    def line(self, text): pass
    def command(self, completed): pass

journal.listen(Said())
print("GOT", ensure("helm").path)
"""


def run() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_part(helm_cache: Path) -> None:
    deadline = time.monotonic() + 10
    while not any(part.stat().st_size for part in helm_cache.glob(".installing-*/*.part")):
        assert time.monotonic() < deadline, "the download did not begin"
        time.sleep(0.02)


@pytest.mark.usefixtures("programs")
def test_two_runs_at_once_fetch_once(site: Site, helm_cache: Path) -> None:
    site.publish_helm()
    site.faults[HELM] = "stall"
    first = run()
    wait_for_part(helm_cache)
    second = run()
    time.sleep(1.5)
    site.faults.clear()
    outputs = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert all(f"GOT {helm_cache / '4.2.4' / 'helm'}" in output for output in outputs)
    assert f"process {first.pid} (installing helm" in outputs[1]
    assert site.asked("GET", f"{HELM}.sha256sum") == 1


@pytest.mark.usefixtures("programs")
def test_a_killed_installation_leaves_nothing_that_counts(site: Site, helm_cache: Path) -> None:
    site.publish_helm()
    site.faults[HELM] = "stall"
    process = run()
    wait_for_part(helm_cache)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert list(helm_cache.glob(".installing-*"))
    site.faults.clear()
    assert ensure("helm").source == "release"
    assert not list(helm_cache.glob(".installing-*"))
