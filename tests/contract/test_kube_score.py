"""kube-score, which knows nothing of phaseline, finds nothing critical in the chart's scenarios.

It is built from the pinned modules in `kube-score/`, once, into the cache of tools.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.files import digest_sha256, digest_text
from phaseline.process.command import Command
from phaseline.process.run import attempt, run
from phaseline.tools import golang, store, toolchain
from phaseline.tools.helm import Helm
from phaseline.tools.model import Recipe
from tests.chart.conftest import CHART, SCENARIOS

MODULE = Path(__file__).parent / "kube-score"
RECIPE = Recipe(
    module=str(MODULE),
    package="github.com/zegl/kube-score/cmd/kube-score",
    binary="kube-score",
    estimate="about 30 s on 2 cores",
)
# Findings that are not followed, and why.
IGNORED = {
    # A tag names the content of its image, so pulling it again brings nothing; and the images of
    # a cluster without a registry are on the node alone.
    "container-image-pull-policy": "--ignore-test=container-image-pull-policy",
    # A limit on processor time would make each start as slow as a loaded node, and what nobody
    # uses is lost. Requests share it fairly when it is short.
    "container-resources": "--ignore-container-cpu-limit",
}
# The scenario switches the policies off; that kube-score minds shows that it looks.
OF_SCENARIO = {"existing": {"pod-networkpolicy"}}
CRITICAL = 1  # grades are 1 critical, 5 warning, 7 almost, 10 fine


@dataclass(frozen=True)
class Score:
    """The program."""

    program: Path

    def findings(self, manifest: Path, *flags: str) -> dict[str, list[str]]:
        """The objects of each check that finds something critical."""
        argv = (str(self.program), "score", str(manifest), "--output-format=json",
                "--kubernetes-version=v1.36", *flags)  # fmt: skip
        answer: list[dict[str, Any]] = json.loads(attempt(Command(argv=argv, data=True)).stdout)
        found: dict[str, list[str]] = {}
        for one in answer:
            for check in one["checks"]:
                if check["grade"] == CRITICAL and not check["skipped"]:
                    found.setdefault(check["check"]["id"], []).append(one["object_name"])
        return found


@pytest.fixture(scope="module")
def score() -> Score:
    pins = (digest_sha256(MODULE / name) for name in ("go.mod", "go.sum"))
    key = digest_text(RECIPE.package, *pins)[:12]
    with store.exclusive("kube-score", "building kube-score"):
        place = store.look_up("kube-score", key) or store.install(
            "kube-score", key, "build", _fill, _works
        )
    return Score(place / "kube-score")


def _fill(into: Path) -> None:
    go = toolchain.ensure("go")
    golang.build(go.path, RECIPE, into, own=go.source != "path")


def _works(place: Path) -> None:
    told = attempt(Command(argv=(str(place / "kube-score"), "version")))
    assert told.code == 0, told.tail


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "manifest.yaml"


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(toolchain.ensure("helm").path, tmp_path_factory.mktemp("helm"), "todo")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_critical(score: Score, helm: Helm, manifest: Path, scenario: str) -> None:
    manifest.write_text(run(helm.template("todo-app", CHART, SCENARIOS[scenario])).stdout)
    found = score.findings(manifest, *IGNORED.values())
    assert set(found) == OF_SCENARIO.get(scenario, set()), found


def test_what_is_ignored_would_be_found(score: Score, helm: Helm, manifest: Path) -> None:
    manifest.write_text(run(helm.template("todo-app", CHART, SCENARIOS["default"])).stdout)
    assert set(score.findings(manifest)) == set(IGNORED)
