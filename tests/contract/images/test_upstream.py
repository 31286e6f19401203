"""The upstream route, against a registry that speaks the distribution protocol."""

from __future__ import annotations

import pytest
import yaml

from phaseline.core.errors import CommandFailed
from phaseline.core.workspace import Context
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build
from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.model import load_base, load_images
from phaseline.operators.images.remove import remove_images
from phaseline.operators.images.standing import base_image_stands
from phaseline.process.run import run
from phaseline.tools import docker
from tests.contract.images.registry import Registry
from tests.contract.images.scratch import Scratch


@pytest.fixture
def context(scratch: Scratch, registry: Registry) -> Context:
    return pinned(scratch, registry.reference)


def pinned(scratch: Scratch, reference: str) -> Context:
    scratch.write()
    path = scratch.root / "pipeline.yaml"
    content = yaml.safe_load(path.read_text())
    content["bases"]["python"]["upstream"] = reference
    path.write_text(yaml.safe_dump(content))
    return scratch.context()


def test_a_reachable_registry_is_used_and_said(context: Context, registry: Registry) -> None:
    report = base_image(context)
    record = load_base(context, "python")
    assert record
    assert (record.route, record.id) == ("upstream", registry.config)
    assert registry.reference in report.summary
    assert registry.asked[0] == "/v2/"
    assert base_image_stands(context).stands
    remove_images(context)
    with connected() as client:
        assert find(client, registry.config) is None


def test_an_image_stands_on_the_upstream_base(context: Context) -> None:
    base_image(context)
    render_dockerfile(context)
    build(context)
    base, image = load_base(context, "python"), load_images(context)["app"]
    assert base
    assert (image.route, image.base) == ("upstream", base.reference)


def test_a_registry_without_the_pinned_image_is_an_error_not_a_fallback(
    scratch: Scratch, registry: Registry
) -> None:
    context = pinned(scratch, f"{registry.host}/library/base@sha256:{'1' * 64}")
    with pytest.raises(CommandFailed) as caught:
        base_image(context)
    assert "1" * 64 in caught.value.fix
    assert load_base(context, "python") is None


def test_an_image_that_the_user_had_stays_theirs(context: Context, registry: Registry) -> None:
    run(docker.command("pull", "--quiet", registry.reference))
    base_image(context)
    remove_images(context)
    with connected() as client:
        assert find(client, registry.reference) is not None
        client.images.remove(registry.reference)
