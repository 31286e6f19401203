from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.operators.deployments.operations import running, target
from phaseline.operators.deployments.update import check_settings, parted
from phaseline.tools.helm import Revision, Status


def revisions(*statuses: Status) -> list[Revision]:
    return [
        Revision(
            revision=number,
            updated=datetime(2025, 1, 1, tzinfo=UTC),
            status=status,
            chart="c-1",
            app_version="1",
            description="",
        )
        for number, status in enumerate(statuses, 3)
    ]


OLD, NOW, BAD = Status.SUPERSEDED, Status.DEPLOYED, Status.FAILED


@pytest.mark.parametrize(
    ("known", "wanted", "chosen"),
    [
        ((OLD, NOW), 0, 3),
        ((OLD, OLD, NOW), 0, 4),
        ((OLD, BAD, NOW), 0, 3),
        ((OLD, OLD, NOW), 3, 3),
    ],
)
def test_where_a_rollback_leads(known: tuple[Status, ...], wanted: int, chosen: int) -> None:
    assert target(revisions(*known), wanted).revision == chosen


@pytest.mark.parametrize("known", [(NOW,), (BAD, NOW), ()])
def test_nothing_to_go_back_to(known: tuple[Status, ...]) -> None:
    with pytest.raises(CheckFailed, match="no revision"):
        target(revisions(*known), 0)


def test_an_unknown_revision_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidConfiguration, match="--revision 9") as caught:
        target(revisions(OLD, NOW), 9)
    assert caught.value.fix == "one of 3, 4"


def workload(name: str, image: str, prepares: str = "x:1") -> dict[str, Any]:
    spec = {"containers": [{"image": image}], "initContainers": [{"image": prepares}]}
    return {"metadata": {"name": name}, "spec": {"template": {"spec": spec}}}


def test_the_workload_of_a_component_is_the_one_that_runs_its_image() -> None:
    found = [workload("job", "other:1", "l/app/web:1"), workload("web", "l/app/web:2")]
    chosen = running(found, "l/app/web")
    assert chosen
    assert chosen["metadata"]["name"] == "web"
    assert running(found, "l/app/we") is None


@pytest.mark.parametrize("image", ["r:5000/app/web:1@sha256:0", "r.io/team/app/web@sha256:0"])
def test_it_is_found_by_what_was_pushed(image: str) -> None:
    assert running([workload("web", image)], "localhost/app/web")
    assert running([workload("web", image)], "localhost/app/eb") is None


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("a:1", ("a", "1")),
        ("localhost/todo/backend:abc", ("localhost/todo/backend", "abc")),
        ("registry:5000/a/b:1.2", ("registry:5000/a/b", "1.2")),
    ],
)
def test_an_image_s_repository_and_tag(image: str, expected: tuple[str, str]) -> None:
    assert parted(image) == expected


@pytest.mark.parametrize("image", ["", "a", "a:", ":1", "registry:5000/a"])
def test_an_image_without_a_tag_is_refused(image: str) -> None:
    with pytest.raises(InvalidConfiguration, match="REPOSITORY:TAG"):
        parted(image)


@pytest.mark.parametrize("setting", ["a", "=1", ""])
def test_a_setting_without_a_value_is_refused(setting: str) -> None:
    check_settings(["a.b=1", "c="])
    with pytest.raises(InvalidConfiguration, match="PATH=VALUE"):
        check_settings(["a=1", setting])
