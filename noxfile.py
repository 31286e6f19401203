"""The checks. `nox` runs them all, `nox -s unit` one; `nox -l` lists them.

The sessions use the environment that nox runs in (`pip install -e '.[test]'` has made it), so what
is tested is what is installed. System packages that tests need are installed where the user may.
"""

from __future__ import annotations

import os
import shutil

import nox

from phaseline.operators.hosts.packages import obstacle
from phaseline.tools import apt, toolchain

nox.options.default_venv_backend = "none"
nox.options.sessions = [
    "lint",
    "types",
    "imports",
    "unit",
    "contract",
    "chart",
    "api",
    "page",
    "browser",
    "e2e",
]

# Programs of Debian packages that only tests need.
FOR_API = {"/usr/lib/postgresql/15/bin/postgres": "postgresql-15"}
FOR_BROWSER = {"chromium": "chromium", "nginx": "nginx-light", "fc-list": "fontconfig"}


@nox.session
def lint(session: nox.Session) -> None:
    """Style, common mistakes and formatting of the Python code; formatting of the Go code."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    gofmt = toolchain.ensure("go").path.with_name("gofmt")
    listed = session.run(str(gofmt), "-l", "kubernetes", silent=True, external=True)
    if str(listed).strip():
        session.error(f"gofmt would change: {listed}")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types over everything, tests and this file among it."""
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """The layers: imports point down only."""
    session.run("lint-imports", "--no-logo")


@nox.session
def unit(session: nox.Session) -> None:
    """Pure functions, the engine, processes: no cluster, no Docker."""
    _pytest(session, "tests/unit")


@nox.session
def contract(session: nox.Session) -> None:
    """The programs and servers that we call: real ones, or stand-ins that behave as documented."""
    _pytest(session, "tests/contract")


@nox.session
def chart(session: nox.Session) -> None:
    """The Helm chart, rendered and refused."""
    _pytest(session, "tests/chart")


@nox.session
def api(session: nox.Session) -> None:
    """The todo service over HTTP, on SQLite and on a PostgreSQL of its own."""
    _provide(session, FOR_API)
    _pytest(session, "tests/api")


@nox.session
def page(session: nox.Session) -> None:
    """Types, style and unit tests of the web page."""
    node = toolchain.ensure("node").path
    env = {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    with session.chdir("frontend"):
        for command in (("ci",), ("run", "check"), ("test",)):
            session.run("npm", *command, env=env, external=True)


@nox.session
def browser(session: nox.Session) -> None:
    """The page in a real browser, before a real backend."""
    _provide(session, FOR_BROWSER)
    _pytest(session, "tests/browser")


@nox.session
def e2e(session: nox.Session) -> None:
    """The command line as a user has it: deployed, broken, repaired and torn down for real."""
    _pytest(session, "tests/deployment")


def _pytest(session: nox.Session, folder: str) -> None:
    # what they said is read by `invoke trace`
    result = f"--junitxml=.phaseline/tests/{session.name}.xml"
    session.run("pytest", folder, result, *session.posargs)


def _provide(session: nox.Session, programs: dict[str, str]) -> None:
    missing = tuple(package for name, package in programs.items() if not shutil.which(name))
    if not missing:
        return
    session.log(f"system packages are missing: {', '.join(missing)}")
    if reason := obstacle(apt=apt.available(), root=os.geteuid() == 0):
        session.error(f"{reason}. Run: {apt.by_hand(missing)}")
    apt.install(missing)
