"""The checks. `nox` runs the tags quick and full, `nox -s unit` one session; `nox -l` lists them.

Tags: `quick` takes under a minute, `full` all the rest that every change has to pass, `long` what
takes many minutes each. What stands first here runs first: the faults that are quickest to find.
`validate` is in none: it tests a system that is deployed, `nox -s validate -- --phase 5`. What is
safe side by side may be: `nox -t quick -j 2`, which shows what a session printed when it has ended.

The sessions use the environment that nox runs in (`pip install -e '.[test]'` has made it), so what
is tested is what is installed. System packages that tests need are installed where the user may.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from pathlib import Path

import nox

from phaseline.operators.hosts.packages import obstacle
from phaseline.operators.validation import results
from phaseline.tools import apt, toolchain

nox.options.default_venv_backend = "none"
nox.options.tags = ["quick", "full"]

RESULTS = Path(".phaseline/tests").absolute()
TESTING = ("unit", "chart", "slow", "contract", "api", "browser", "e2e", "validate")
# When this run of nox began: sessions that work side by side read this file anew.
STARTED = float(os.environ.setdefault("PHASELINE_NOX_STARTED", str(time.time())))

# Programs of Debian packages that only tests need.
FOR_API = {"/usr/lib/postgresql/15/bin/postgres": "postgresql-15"}
FOR_BROWSER = {"chromium": "chromium", "nginx": "nginx-light", "fc-list": "fontconfig"}


@nox.session(tags=["quick"], allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Style, common mistakes and formatting of the Python code; formatting of the Go code."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    gofmt = toolchain.ensure("go").path.with_name("gofmt")
    listed = session.run(str(gofmt), "-l", "kubernetes", silent=True, external=True)
    if str(listed).strip():
        session.error(f"gofmt would change: {listed}")


@nox.session(tags=["quick"], allow_parallel=True)
def types(session: nox.Session) -> None:
    """Strict types over everything, tests and this file among it."""
    session.run("mypy")


@nox.session(tags=["quick"], allow_parallel=True)
def imports(session: nox.Session) -> None:
    """The layers: imports point down only; the todo service and the management API do not meet."""
    session.run("lint-imports", "--no-logo")
    with session.chdir("backend/src"):
        session.run("lint-imports", "--no-logo", "--config", "../importlinter.ini")


@nox.session(tags=["quick"], allow_parallel=True)
def unit(session: nox.Session) -> None:
    """Pure functions, the engine, processes: no cluster, no Docker; what is quick of it."""
    _pytest(session, "tests/unit", marked="not slow")


@nox.session(tags=["quick"], allow_parallel=True)
def chart(session: nox.Session) -> None:
    """The Helm chart, rendered and refused."""
    _pytest(session, "tests/chart")


@nox.session(tags=["full"])
def slow(session: nox.Session) -> None:
    """The rest of them: kills at any instant, command lines, whole replays."""
    _pytest(session, "tests/unit", marked="slow")


@nox.session(tags=["full"])
def contract(session: nox.Session) -> None:
    """The programs and servers that we call: real ones, or stand-ins that behave as documented."""
    _pytest(session, "tests/contract")


@nox.session(tags=["full"])
def api(session: nox.Session) -> None:
    """The todo service, on SQLite and on a PostgreSQL of its own; the management API."""
    _provide(session, FOR_API)
    _pytest(session, "tests/api", "tests/management")


@nox.session(tags=["full"])
def page(session: nox.Session) -> None:
    """Types, style and unit tests of the web page."""
    node = toolchain.ensure("node").path
    env = {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    with session.chdir("frontend"):
        for command in (("ci",), ("run", "check"), ("test",)):
            session.run("npm", *command, env=env, external=True)


@nox.session(tags=["full"])
def browser(session: nox.Session) -> None:
    """The page in a real browser, before a real backend."""
    _provide(session, FOR_BROWSER)
    _pytest(session, "tests/browser")


@nox.session(tags=["full"])
def e2e(session: nox.Session) -> None:
    """The command line as a user has it: deployed, broken, repaired and torn down for real."""
    _pytest(session, "tests/deployment")


@nox.session
def validate(session: nox.Session) -> None:
    """The system that is deployed from this checkout, or from where PHASELINE_WORKSPACE says."""
    _pytest(session, "tests/validation")


@nox.session(tags=["long"])
def soak(session: nox.Session) -> None:
    """Ten minutes of load on the deployed system: latency, losses, and what its pods grow by."""
    session.run("python", "-m", "benchmarks.soak", *session.posargs)


@nox.session(tags=["long"])
def conformance(session: nox.Session) -> None:
    """Kubernetes' own end-to-end suite against this checkout's cluster: about an hour."""
    session.run("invoke", "cluster")
    session.run("python", "-m", "tests.conformance", *session.posargs)


@nox.session(tags=["quick", "full", "long"])
def summary(session: nox.Session) -> None:
    """What the sessions of this run left out, counted, with the reasons."""
    found = [file for file in RESULTS.glob("*.xml") if file.stat().st_mtime >= STARTED]
    for file in sorted(found, key=lambda one: one.stat().st_mtime):
        told = results.read(file)
        session.log(f"{file.stem}: {len(told.passed)} passed, {len(told.failed)} failed")
        for reason, count in Counter(told.skipped.values()).items():
            session.log(f"{file.stem}: {count} skipped: {reason}")
    if left_out := [name for name in TESTING if name not in {file.stem for file in found}]:
        session.log(f"{len(left_out)} sessions with tests not in this run: {', '.join(left_out)}")


def _pytest(session: nox.Session, *folders: str, marked: str = "") -> None:
    """Run pytest over `folders`, or over those files in them that the command line names.

    Args:
        marked: of which tests only, as pytest's `-m` has it.
    """
    # what they said is read by `summary` and `invoke trace`
    result = f"--junitxml={RESULTS / session.name}.xml"
    chosen = ("-m", marked) if marked else ()
    named = any(word.startswith(folders) for word in session.posargs)
    session.run("pytest", *(() if named else folders), result, *chosen, *session.posargs)


def _provide(session: nox.Session, programs: dict[str, str]) -> None:
    missing = tuple(package for name, package in programs.items() if not shutil.which(name))
    if not missing:
        return
    session.log(f"system packages are missing: {', '.join(missing)}")
    if reason := obstacle(apt=apt.available(), root=os.geteuid() == 0):
        session.error(f"{reason}. Run: {apt.by_hand(missing)}")
    apt.install(missing)
