"""The built-in rules, measured: each fault is found, by its rule alone, and good files are good."""

from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.assistants import builtin, guard, patches, target
from phaseline.operators.assistants.advice import BEST, POINTS, Dimension, Severity
from phaseline.operators.assistants.rules import every
from phaseline.operators.assistants.target import Target

TREE = Path(__file__).parents[3]
FILES = Path(__file__).parent / "dockerfiles"
BAD = sorted((FILES / "bad").iterdir())
GOOD = sorted((FILES / "good").iterdir())
IDS = {rule.id for rule in every()}


def expected(file: Path) -> str:
    """The rule that a bad file breaks: its name, less what tells several of one rule apart."""
    name = file.name.removesuffix(".Dockerfile")
    return max((one for one in IDS if f"{name}-".startswith(f"{one}-")), key=len)


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.name)
def test_each_fault_is_found_and_nothing_else_is(file: Path) -> None:
    assert {one.rule for one in builtin.judged(file.read_text())} == {expected(file)}


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_files_have_no_finding(file: Path) -> None:
    assert builtin.judged(file.read_text()) == ()


def test_the_set_is_large_and_has_every_rule() -> None:
    assert len(BAD) >= 30
    assert len(GOOD) >= 10
    assert {expected(file) for file in BAD} == IDS


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.name)
def test_a_patch_mends_its_finding_and_breaks_nothing(file: Path) -> None:
    here = Target("app/Dockerfile", file.read_text())
    advice = builtin.advise(here)
    if advice.patch:
        new = patches.apply(advice.patch, here.path, here.text)
        guard.vet(here, new)
        assert builtin.judged(new) == ()
        assert builtin.advise(Target(here.path, new)).patch == ""


def test_many_faults_are_mended_mechanically() -> None:
    patched = [file for file in BAD if builtin.advise(Target("Dockerfile", file.read_text())).patch]
    assert len(patched) >= 20


def test_rules_have_stable_names_a_dimension_and_a_fix() -> None:
    assert len(IDS) == len(every())
    assert {rule.dimension for rule in every()} == set(Dimension)
    assert all(rule.fix and rule.id.count(".") == 1 for rule in every())


def test_findings_cost_points_in_their_dimension_only() -> None:
    advice = builtin.advise(Target("Dockerfile", BAD[0].read_text()))
    lost = {d: BEST - points for d, points in advice.ratings.items() if points < BEST}
    only = advice.findings[0]
    assert lost == {only.dimension: POINTS[only.severity]}
    assert POINTS[Severity.HIGH] > POINTS[Severity.MEDIUM] > POINTS[Severity.LOW]


SEVERAL = """\
FROM debian:12.7-slim
ENV MODE fast
RUN apt update && apt install ffmpeg
ADD run.sh /run.sh
CMD /run.sh --all
"""


def test_faults_of_the_same_line_are_mended_together() -> None:
    advice = builtin.advise(Target("Dockerfile", SEVERAL))
    assert {one.rule for one in advice.findings} == {
        "maintainability.old-form",
        "practice.add-for-copy",
        "practice.apt-for-people",
        "practice.install-asks",
        "practice.shell-form",
        "security.runs-as-root",
        "size.package-lists-kept",
        "size.recommended-packages",
    }
    new = patches.apply(advice.patch, "Dockerfile", SEVERAL)
    assert builtin.judged(new) == ()
    assert new.splitlines()[2].startswith("RUN apt-get update && apt-get install ")


def test_the_applications_own_files_are_clean() -> None:
    context = Context(Workspace(TREE))
    for component in context.components:
        found = target.of_component(context, component)
        assert found
        advice = builtin.advise(found)
        assert (advice.findings, advice.patch) == ((), ""), component.name


def test_what_is_no_dockerfile_is_refused_with_its_line() -> None:
    for text in ("FORM alpine\n", "", "RUN true\n", "FROM a\nRUN <<EOF\ntrue\n"):
        with pytest.raises(InvalidConfiguration, match="no Dockerfile"):
            builtin.judged(text)
