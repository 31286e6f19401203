"""The chart as helm renders it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from phaseline.operators.charts.manifest import Object, parse, title
from phaseline.process.command import Completed
from phaseline.process.run import attempt
from phaseline.tools import toolchain
from phaseline.tools.helm import Helm

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "todo-app"
# Values of whole scenarios, by name.
SCENARIOS = {
    path.name.removesuffix("-values.yaml"): path
    for path in sorted((CHART / "ci").glob("*-values.yaml"))
}


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
    """The rendered objects by `Kind/name`, of values or of a scenario."""

    def __call__(
        self, values: dict[str, Any] | str | None = None, release: str = "todo-app"
    ) -> dict[str, Object]: ...


@pytest.fixture(scope="session")
def renderings() -> dict[str, str]:
    """What was rendered already, by values and release."""
    return {}


@pytest.fixture
def objects(template: Template, renderings: dict[str, str]) -> Rendered:
    """Renders once what is asked for again."""

    def rendered(
        values: dict[str, Any] | str | None = None, release: str = "todo-app"
    ) -> dict[str, Object]:
        key = json.dumps([values, release])
        if key not in renderings:
            laid = (
                yaml.safe_load(SCENARIOS[values].read_text()) if isinstance(values, str) else values
            )
            completed = template(laid, release)
            assert completed.code == 0, completed.stderr
            renderings[key] = completed.stdout
        return {title(one): one for one in parse(renderings[key])}

    return rendered


@pytest.fixture
def notes(helm: Helm, tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """What helm says after an install; `helm template` leaves it out."""

    def rendered(values: dict[str, Any]) -> str:
        path = tmp_path / "values.yaml"
        path.write_text(json.dumps(values))
        words = ("install", "todo-app", str(CHART), "--dry-run=client", f"--values={path}")
        completed = attempt(helm.command(*words))
        assert completed.code == 0, completed.stderr
        return completed.stdout.partition("NOTES:")[2]

    return rendered
