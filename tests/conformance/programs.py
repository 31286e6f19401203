"""The suite's three programs, built from the pinned modules beside this file, once, into the cache.

`e2e.test` holds the tests, `ginkgo` runs them side by side, `agnhost` is what most of them run in
pods. The modules have the versions of `kubernetes/go.mod`, so that what was compiled for the node
is not compiled again.
"""

from __future__ import annotations

import os
from pathlib import Path

from phaseline.core.files import digest_sha256, digest_text
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import golang, store, toolchain

MODULE = Path(__file__).parent
_NAME = "conformance"
_BUILDS = {
    "ginkgo": ("build", "github.com/onsi/ginkgo/v2/ginkgo"),
    "agnhost": ("build", "k8s.io/kubernetes/test/images/agnhost"),
    "e2e.test": ("test", "-c", "k8s.io/kubernetes/test/e2e"),
}
_LIMIT = 3600.0


def ensure() -> Path:
    """The folder of the three programs, built first where they are not there.

    Raises:
        CommandFailed: Go refuses; TimedOut: one takes longer than an hour.
    """
    key = digest_text(repr(_BUILDS), *(digest_sha256(MODULE / n) for n in ("go.mod", "go.sum")))
    with store.exclusive(_NAME, "building the conformance suite"):
        return store.look_up(_NAME, key[:12]) or store.install(
            _NAME, key[:12], "build", _fill, _works
        )


def sources() -> Path:
    """The folder `test/images` of Kubernetes' source, in Go's cache of modules."""
    return Path(_go("list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes").strip()) / "test/images"


def _fill(into: Path) -> None:
    for name, (verb, *words) in _BUILDS.items():
        _go(verb, "-trimpath", "-ldflags=-s -w", "-o", str(into / name), *words)


def _works(place: Path) -> None:
    run(Command(argv=(str(place / "e2e.test"), "--version")))


def _go(*words: str) -> str:
    go = toolchain.ensure("go")
    env = golang.environment(os.environ, own=go.source != "path")
    argv = (str(go.path), *words)
    return run(Command(argv=argv, cwd=MODULE, timeout=_LIMIT, env=env)).stdout
