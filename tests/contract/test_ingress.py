"""The ingress controller's rules, tested in its own language."""

from __future__ import annotations

import os

from phaseline.process.command import Command
from phaseline.process.run import attempt
from phaseline.tools import golang, toolchain


def test_requests_and_certificates_go_where_the_rules_say() -> None:
    go = toolchain.ensure("go")
    argv = (str(go.path), "test", "-trimpath", "-count=1", "-v", "./ingress")
    env = golang.environment(os.environ, own=go.source != "path")
    done = attempt(Command(argv=argv, cwd=golang.MODULES, timeout=900.0, env=env))
    assert done.code == 0, done.tail
    for name in ("TestRequestsGoWhereTheRulesSay", "TestCertificatesAreChosenByHost"):
        assert f"--- PASS: {name}" in done.stdout
