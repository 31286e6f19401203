"""What is found on images in a real daemon: faults, secrets, labels, packages; on both routes."""

from __future__ import annotations

import contextlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context, cache_folder
from phaseline.operators.images import labels
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build
from phaseline.operators.images.checks import sbom
from phaseline.operators.images.checks.finding import Finding, recall
from phaseline.operators.images.checks.image import check_image
from phaseline.operators.images.daemon import connected
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.gate import check_images
from phaseline.operators.images.model import load_base, load_images
from phaseline.operators.images.trial import check_runs
from phaseline.tools import docker
from tests.contract.images.registry import Registry, serve
from tests.contract.images.scratch import DOCKERFILE, Scratch

SET_ID = 'RUN ["python3", "-c", "__import__(\'os\').chmod(\'/main.py\', 0o4755)"]\n'
TOKEN = "gh" + "p_" + "a1B2" * 9
HIDDEN = (
    f"RUN [\"python3\", \"-c\", \"open('/token', 'w').write('{TOKEN[:4]}' + '{TOKEN[4:]}')\"]\n"
    'RUN ["python3", "-c", "__import__(\'os\').remove(\'/token\')"]\n'
)


def containerized(context: Context) -> Context:
    base_image(context)
    render_dockerfile(context)
    build(context)
    return context


def findings(context: Context) -> list[Finding]:
    with contextlib.suppress(CheckFailed):
        check_image(context)
    return list(recall(context, "app").findings)


@pytest.mark.parametrize(
    ("dockerfile", "component", "rule", "told"),
    [
        (DOCKERFILE.replace("USER {{ user }}:{{ user }}\n", ""), {}, "IMG002", "as root"),
        (DOCKERFILE.replace("EXPOSE {{ port }}", "EXPOSE 22"), {}, "IMG008", "22/tcp instead"),
        (DOCKERFILE, {"size_mb": 1}, "IMG001", "COPY main.py /main.py"),
        (DOCKERFILE.replace("/main.py\n", "/usr/bin/bash\n", 1), {}, "IMG005", "/usr/bin/bash"),
        (DOCKERFILE.replace("USER", f"{SET_ID}USER"), {}, "IMG004", "/main.py"),
        (
            DOCKERFILE.replace("USER", f"{HIDDEN}USER"),
            {},
            "IMG011",
            "in layer 3, hidden by a later one",
        ),
        (DOCKERFILE.replace("USER", "ENV APP_TOKEN=abcdef\nUSER"), {}, "IMG012", "ENV APP_TOKEN"),
    ],
)
def test_a_faulty_image_is_told_by_its_fault(
    scratch: Scratch, dockerfile: str, component: dict[str, Any], rule: str, told: str
) -> None:
    context = containerized(scratch.write(dockerfile=dockerfile, **component))
    with pytest.raises(CheckFailed) as caught:
        check_image(context)
    found = recall(context, "app").findings
    assert rule in {one.rule for one in found}
    assert {one.rule for one in found if one.fails} == {rule}
    assert told in caught.value.why
    assert TOKEN not in caught.value.why


def test_of_an_edit_only_what_it_changed_is_read(scratch: Scratch) -> None:
    context = containerized(scratch.write())
    check_image(context)
    surveys = cache_folder() / "surveys"
    before = set(surveys.rglob("*.json"))
    containerized(scratch.write(program="print('another')\n# that nobody has read\n"))
    check_image(context)
    (new,) = set(surveys.rglob("*.json")) - before
    assert list(json.loads(new.read_text())["members"]) == ["/main.py"]
    new.unlink()


def test_known_or_read_anew_the_findings_and_packages_are_the_same(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = containerized(scratch.write(dockerfile=DOCKERFILE.replace("USER", f"{SET_ID}USER")))
    first = findings(context)
    materials = sbom.place_of(context, "app").read_bytes()
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", docker.host())
        patch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
        assert findings(context) == first
    assert sbom.place_of(context, "app").read_bytes() == materials
    assert first


def test_labels_tell_what_it_is_and_what_from(scratch: Scratch) -> None:
    context = containerized(scratch.write())
    base = load_base(context, "python")
    assert base
    given = _labels(context)
    (component,) = context.components
    assert {given[name] for name in labels.wanted(component)} >= {"app", "1", "MIT", base.id}
    assert given["org.opencontainers.image.base.name"] == base.reference
    again = containerized(scratch.write(program="print('other')"))
    changed = {name for name, value in _labels(again).items() if given[name] != value}
    assert changed == {"org.opencontainers.image.revision"}


def _labels(context: Context) -> dict[str, str]:
    with connected() as client:
        image = client.images.get(load_images(context)["app"].reference)
        return dict(image.labels)


def test_the_bill_of_materials_names_the_debian_packages(scratch: Scratch) -> None:
    context = containerized(scratch.write())
    check_image(context)
    base = load_base(context, "python")
    assert base
    bom = json.loads(sbom.place_of(context, "app").read_text())
    assert {one["name"]: one["version"] for one in bom["components"]} == base.packages
    (libssl,) = (one for one in bom["components"] if one["name"] == "libexpat1")
    assert "upstream=expat" in libssl["purl"]


def test_both_routes_give_one_dockerfile_and_pass_the_same_checks(
    scratch: Scratch, tmp_path: Path
) -> None:
    context = containerized(scratch.write())
    first, dockerfile = findings(context), (scratch.root / "app/Dockerfile").read_bytes()
    made = load_base(context, "python")
    assert made
    registry = Registry(layer=_only_layer(made.reference, tmp_path))
    server = serve(registry)
    try:
        path = scratch.root / "pipeline.yaml"
        content = yaml.safe_load(path.read_text())
        content["bases"]["python"]["upstream"] = registry.reference
        path.write_text(yaml.safe_dump(content))
        upstream = containerized(scratch.context())
        assert load_images(upstream)["app"].route == "upstream"
        assert (scratch.root / "app/Dockerfile").read_bytes() == dockerfile
        assert findings(upstream) == first
        check_runs(upstream)
        check_images(upstream)
        given = _labels(upstream)
        assert given["org.opencontainers.image.base.digest"] == registry.manifest
    finally:
        server.shutdown()
        server.server_close()


def _only_layer(reference: str, folder: Path) -> bytes:
    with connected() as client, (folder / "base.tar").open("wb") as stream:
        stream.writelines(client.images.get(reference).save())
    with tarfile.open(folder / "base.tar") as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest
        (name,) = json.load(manifest)[0]["Layers"]
        layer = archive.extractfile(name)
        assert layer
        return layer.read()
