"""The steps that ask the API, over a workspace of stand-ins, and what turns them red."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.tokens import Role
from phaseline.core.workspace import Context
from phaseline.operators.serving import checks
from phaseline.operators.serving.client import Client, served
from tests.management.conftest import World


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (checks.check_images, "3 images"),
        (checks.check_resources, "1 nodes"),
        (checks.check_deployments, "3 deployments, 3 revisions"),
    ],
)
def test_what_is_so_is_told(furnished: World, step: Callable[[Context], Report], told: str) -> None:
    assert told in step(furnished.context).summary


def test_an_address_that_does_not_answer_fails(furnished: World) -> None:
    with pytest.raises(CheckFailed, match="the address page does not answer"):
        checks.check_services(furnished.context)


def test_a_chart_that_was_never_rendered_fails(furnished: World) -> None:
    with pytest.raises(CheckFailed, match="answered with 404, not 200"):
        checks.check_charts(furnished.context)


def test_a_workspace_that_cannot_be_served_says_why(empty: World) -> None:
    (empty.context.state / "api/reader.token").chmod(0o644)
    with pytest.raises(CheckFailed, match="does not start") as caught, served(empty.context):
        pass
    assert "can be read by others" in caught.value.why


def test_what_must_be_refused_and_is_not_fails(furnished: World) -> None:
    tokens = dict.fromkeys(Role, "of-somebody-else" * 4)
    client = Client(f"{furnished.address}/api/v1", tokens)
    client.refused(401, "GET", "/phases")
    with pytest.raises(CheckFailed, match="answered with 401, not 403"):
        client.refused(403, "GET", "/phases")
    with pytest.raises(CheckFailed, match="answered with 401, not 200"):
        client.read("/phases")
