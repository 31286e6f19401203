"""The chart as helm renders it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from phaseline.operators.charts.manifest import Object, parse, title
from phaseline.process.command import Completed
from phaseline.process.run import attempt
from phaseline.tools import toolchain
from phaseline.tools.helm import Helm

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "todo-app"


@pytest.fixture(scope="session")
def program() -> Path:
    """helm: the one that PHASELINE_HELM names, else the pipeline's own."""
    named = os.environ.get("PHASELINE_HELM")
    return Path(named) if named else toolchain.ensure("helm").path


@pytest.fixture(scope="session")
def helm(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(program, tmp_path_factory.mktemp("helm"), "todo")


Template = Callable[..., Completed]


@pytest.fixture
def template(helm: Helm, tmp_path: Path) -> Template:
    """Renders the chart with values laid over its own; every exit code is an answer."""

    def rendered(values: dict[str, Any] | None = None, release: str = "todo-app") -> Completed:
        path = tmp_path / "values.yaml"
        path.write_text(json.dumps(values or {}))
        return attempt(helm.template(release, CHART, path))

    return rendered


class Rendered(Protocol):
    def __call__(
        self, values: dict[str, Any] | None = None, release: str = "todo-app"
    ) -> dict[str, Object]: ...


@pytest.fixture(scope="session")
def renderings() -> dict[str, str]:
    """What was rendered already, by values and release."""
    return {}


@pytest.fixture
def objects(template: Template, renderings: dict[str, str]) -> Rendered:
    """The rendered objects, by `Kind/name`."""

    def rendered(
        values: dict[str, Any] | None = None, release: str = "todo-app"
    ) -> dict[str, Object]:
        key = json.dumps([values, release])
        if key not in renderings:
            completed = template(values, release)
            assert completed.code == 0, completed.stderr
            renderings[key] = completed.stdout
        return {title(one): one for one in parse(renderings[key])}

    return rendered
