"""The controller of network policies: its Go tests, and that nftables takes what it writes."""

from __future__ import annotations

import os

from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import golang, toolchain


def test_policies_become_the_rules_that_they_mean() -> None:
    go = toolchain.ensure("go")
    argv = (str(go.path), "test", "-count=1", "-v", "./policies")
    env = golang.environment(os.environ, own=go.source != "path")
    told = run(Command(argv=argv, cwd=golang.MODULES, env=env, timeout=1800.0)).stdout
    assert "--- PASS: TestWhatAPolicyAllows/a_range_with_exceptions" in told
    assert "--- PASS: TestAChangeIsWritten" in told
