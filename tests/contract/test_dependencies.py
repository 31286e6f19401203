"""What is locked, asked of the database of known vulnerabilities.

OSV's holds what pip-audit asks (PyPA's advisories) and what npm audit does (GitHub's). Where it
cannot be reached, the test is left out, and `nox` counts what was not audited.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from phaseline.core.errors import Unreachable
from phaseline.core.settings import Vulnerabilities
from phaseline.operators.images.checks.vulnerabilities import severity
from phaseline.tools.osv import Database, Question

ROOT = Path(__file__).parents[2]
_NODE = "node_modules/"


def of_python() -> list[Question]:
    """The packages of the backend's lock."""
    text = (ROOT / "backend/requirements.lock").read_text()
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text, re.M)
    return [Question("PyPI", name, version) for name, version in pins]


def of_node() -> list[Question]:
    """The packages of the page's lock, those that only build it among them."""
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    return [
        Question("npm", path.rpartition(_NODE)[2], one["version"])
        for path, one in packages.items()
        if path.startswith(_NODE)
    ]


@pytest.mark.parametrize("ecosystem", ["python", "node"])
def test_nothing_locked_is_known_to_be_gravely_vulnerable(ecosystem: str) -> None:
    packages = of_python() if ecosystem == "python" else of_node()
    assert len(packages) > 5
    database = Database(Vulnerabilities().database)
    try:
        known = database.affecting(packages)
        records = {name: database.record(name) for names in known.values() for name in names}
    except Unreachable as error:
        pytest.skip(f"{len(packages)} {ecosystem} packages were not audited: {error.what}")
    grave = {
        f"{package.name} {package.version}: {name}"
        for package, names in known.items()
        for name in names
        if severity(records[name]).fails
    }
    assert grave == set()
