"""`invoke deploy-all`: from a checkout to a page that works, proved to be what was built."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.deployment import application
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

_LONGEST_SILENCE = 5.0
_ESCAPE = "\x1b"


def test_ends_with_an_address_that_serves_the_page(first: Deployed) -> None:
    page = httpx.get(first.address, timeout=10)
    assert page.status_code == 200
    assert re.search(r"<title>Todo</title>", page.text)
    script = re.search(r'src="(/[^"]+\.js)"', page.text)
    assert script
    assert httpx.get(first.address.rstrip("/") + script[1], timeout=10).status_code == 200


def test_a_todo_written_through_the_address_is_read_back(first: Deployed) -> None:
    todo = application.write(first.address, "Read me back")
    assert application.read(first.address, todo) == "Read me back"


def test_each_pod_runs_the_image_that_docker_built(first: Deployed) -> None:
    built = application.docker_images("localhost/todo-app/")
    running = application.running_images(first.workspace)
    assert len(running) == 3
    assert running == {image: built.get(image, "not built") for image in running}


def test_every_step_that_is_built_was_done(first: Deployed) -> None:
    assert set(first.made.marks.values()) == {"✓", "·"}
    assert len(first.made.steps("✓")) >= 46
    assert "T035" in first.made.steps("✓")


def test_is_never_silent(first: Deployed) -> None:
    assert first.made.longest_silence < _LONGEST_SILENCE


def test_plain_output_has_no_escape_codes(first: Deployed) -> None:
    assert _ESCAPE not in first.made.text


def test_addresses_are_told_again(deployed: Deployed) -> None:
    assert deployed.workspace.json("app.addresses") == [
        {"name": "page", "address": deployed.address}
    ]


def test_nothing_changed_nothing_done(deployed: Deployed) -> None:
    ran = deployed.workspace.must("deploy-all")
    assert ran.steps("✓") == set()
    assert ran.steps("=") == deployed.made.steps("✓")
    assert application.address(ran) == deployed.address
    assert _ESCAPE not in ran.text
