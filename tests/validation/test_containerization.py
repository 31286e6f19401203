"""T042: the images that were built: there, small, without root, a shell or a secret."""

from __future__ import annotations

from collections.abc import Iterator

import docker.models.images
import pytest
import testinfra

from phaseline.core.settings import Component
from phaseline.core.workspace import NAME, Context
from phaseline.operators.images import labels
from phaseline.operators.images.checks import secrets
from phaseline.operators.images.checks.finding import recall
from phaseline.operators.images.daemon import connected, discard
from phaseline.operators.images.model import BuiltImage
from phaseline.operators.images.ownership import own_reference
from phaseline.operators.images.trial import create

pytestmark = pytest.mark.phase(2)

Inspected = dict[str, docker.models.images.Image]
SHELL = "IMG005"  # the rule that forbids one


@pytest.fixture(scope="module")
def inspected(context: Context, images: dict[str, BuiltImage]) -> Inspected:
    """What the Docker daemon tells of each image."""
    with connected() as client:
        return {name: client.images.get(_named(context, one)) for name, one in images.items()}


def _named(context: Context, image: BuiltImage) -> str:
    """How the daemon knows an image; a replay of this phase is given the images of its original."""
    return image.id if (context.state / NAME).exists() else own_reference(context, image)


def _built(context: Context) -> list[Component]:
    return [one for one in context.pipeline.components if one.build]


def test_each_image_is_the_one_that_was_built(
    images: dict[str, BuiltImage], inspected: Inspected
) -> None:
    assert {name: one.id for name, one in inspected.items()} == {
        name: one.id for name, one in images.items()
    }


def test_each_tag_names_the_content(images: dict[str, BuiltImage]) -> None:
    assert [one for one in images.values() if not one.id.startswith(f"sha256:{one.tag}")] == []


def test_none_runs_as_root(context: Context, inspected: Inspected) -> None:
    users = {one.name: inspected[one.name].attrs["Config"]["User"] for one in _built(context)}
    roots = {name: user for name, user in users.items() if user.partition(":")[0] in ("", "0")}
    assert roots == {}
    assert [user for user in users.values() if not user.partition(":")[0].isdecimal()] == []


def test_each_is_as_small_as_it_is_to_be(context: Context, images: dict[str, BuiltImage]) -> None:
    sizes = {one.name: (images[one.name].size / 1e6, one.size_mb) for one in _built(context)}
    assert {name: both for name, both in sizes.items() if both[0] > both[1]} == {}


def test_each_says_what_it_was_made_from(context: Context, inspected: Inspected) -> None:
    for one in _built(context):
        told = inspected[one.name].labels
        assert one.build
        assert told[labels.APPLICATION] == context.pipeline.application
        assert told[f"{labels.PREFIX}title"] == one.name
        assert told[f"{labels.PREFIX}revision"] == labels.revision(context, one.build), one.name


def test_no_secret_is_in_what_an_image_tells(inspected: Inspected) -> None:
    found = []
    for name, image in inspected.items():
        told = image.attrs["Config"]
        pairs = [pair.partition("=")[::2] for pair in told.get("Env") or ()]
        pairs += list((told.get("Labels") or {}).items())
        found += [(name, key, kind) for key, value in pairs for kind in secrets.in_pair(key, value)]
        for line in image.history():
            found += [(name, "history", kind) for kind in secrets.in_command(line["CreatedBy"])]
    assert found == []


def test_each_was_checked_and_nothing_grave_is_left(context: Context) -> None:
    for one in _built(context):
        sheet = recall(context, one.name)
        assert sheet.looked, f"{one.name} was not checked"
        assert [finding for finding in sheet.findings if finding.fails] == []


def test_the_packages_in_them_were_audited(context: Context) -> None:
    """Against the database of known vulnerabilities; what is found there is judged above."""
    skipped = {one.name: recall(context, one.name).skipped for one in _built(context)}
    if reasons := sorted({reason for told in skipped.values() for reason in told}):
        left_out = sum(bool(told) for told in skipped.values())
        pytest.skip(f"{left_out} images were not audited: {'; '.join(reasons)}")


@pytest.fixture
def started(
    context: Context, images: dict[str, BuiltImage], programs: None
) -> Iterator[dict[str, testinfra.host.Host]]:
    """Each component in a container as narrow as its pod; by name, as testinfra reaches it."""
    with connected() as client:
        names = []
        hosts = {}
        try:
            for one in (each for each in context.pipeline.components if each.try_out):
                names.append(f"{context.workspace.id}-validated-{one.name}")
                discard(client, names[-1])
                assert one.try_out
                reference = _named(context, images[one.name])
                create(client, names[-1], reference, one, one.try_out).start()
                hosts[one.name] = testinfra.get_host(f"docker://{names[-1]}")
            yield hosts
        finally:
            for name in names:
                discard(client, name)


def test_who_gets_in_finds_no_shell_or_a_root_that_cannot_be_written(
    context: Context, started: dict[str, testinfra.host.Host]
) -> None:
    for one in (each for each in context.pipeline.components if each.name in started):
        host = started[one.name]
        if any(allowance.rule == SHELL for allowance in one.allows):
            assert host.run("true").rc == 0, one.name
            assert host.run(": > /written").rc != 0, one.name
            assert host.run("read name < /proc/self/comm").rc == 0, one.name
        else:
            assert host.run("true").rc in (126, 127), one.name
