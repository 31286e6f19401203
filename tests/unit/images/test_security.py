"""T009's judgement, as a table: one image is faultless, each case spoils one thing."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from phaseline.core.settings import Component
from phaseline.operators.images.contents import Contents, classify
from phaseline.operators.images.model import BuiltImage
from phaseline.operators.images.security import judge

CONFIG = {"User": "10001:10001", "ExposedPorts": {"8000/tcp": {}}}


def component(**fields: object) -> Component:
    return Component.model_validate(
        {
            "name": "backend",
            "role": "backend",
            "image": "registry/thing:1",
            "values": "backend.image",
            "port": 8000,
            "size_mb": 100,
            **fields,
        }
    )


def image(**fields: Any) -> BuiltImage:
    return BuiltImage.model_validate(
        {
            "component": "backend",
            "repository": "localhost/x/backend",
            "tag": "0123456789ab",
            "id": "sha256:0",
            "size": 50_000_000,
            "base": "",
            "route": "packages",
            "layers": [],
            **fields,
        }
    )


def verdicts(findings: list[Any]) -> dict[str, str]:
    return {finding.subject: finding.verdict for finding in findings if finding.verdict != "ok"}


def test_a_good_image_has_no_fault() -> None:
    assert verdicts(judge(component(), image(), 0, CONFIG, Contents())) == {}


@pytest.mark.parametrize(
    ("config", "contents", "expected"),
    [
        ({**CONFIG, "User": ""}, Contents(), {"user": "fault"}),
        ({**CONFIG, "User": "0"}, Contents(), {"user": "fault"}),
        ({**CONFIG, "User": "nobody"}, Contents(), {"user": "fault"}),
        ({**CONFIG, "ExposedPorts": {}}, Contents(), {"port": "fault"}),
        ({**CONFIG, "ExposedPorts": None}, Contents(), {"port": "fault"}),
        (
            {**CONFIG, "ExposedPorts": {"8000/tcp": {}, "22/tcp": {}}},
            Contents(),
            {"port": "fault"},
        ),
        (CONFIG, Contents(shells=("/bin/sh",)), {"shell": "fault"}),
        (CONFIG, Contents(managers=("/usr/bin/apt",)), {"package manager": "fault"}),
        (CONFIG, Contents(setuid=("/bin/su",)), {"setuid files": "fault"}),
    ],
)
def test_each_fault_is_found(
    config: dict[str, Any], contents: Contents, expected: dict[str, str]
) -> None:
    assert verdicts(judge(component(), image(), 0, config, contents)) == expected


def test_what_the_settings_allow_is_tolerated_and_nothing_else() -> None:
    contents = Contents(shells=("/bin/sh",), managers=("/usr/bin/dpkg",))
    found = judge(component(allows=["shell"]), image(), 0, CONFIG, contents)
    assert verdicts(found) == {"shell": "tolerated", "package manager": "fault"}


def test_an_upstream_base_is_told_but_not_held_against_the_component() -> None:
    contents = Contents(shells=("/bin/sh",), setuid=("/bin/su",))
    big = image(route="upstream", size=170_000_000)
    found = judge(component(), big, 125_000_000, CONFIG, contents)
    assert verdicts(found) == {"shell": "tolerated", "setuid files": "tolerated"}
    assert "45.0 of 100 MB, above an upstream base of 125 MB" in str(found[0])


@pytest.mark.parametrize(
    ("size", "expected"), [(100_000_000, {}), (100_100_000, {"size": "fault"})]
)
def test_the_budget_ends_where_it_says(size: int, expected: dict[str, str]) -> None:
    assert verdicts(judge(component(), image(size=size), 0, CONFIG, Contents())) == expected


def test_a_file_system_is_sorted_by_what_matters() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, mode in [
            ("bin/sh", 0o755),
            ("usr/bin/apt-get", 0o755),
            ("usr/bin/su", 0o4755),
            ("usr/share/doc/bash", 0o644),
            ("usr/bin/python3", 0o755),
        ]:
            header = tarfile.TarInfo(path)
            header.mode = mode
            archive.addfile(header)
    buffer.seek(0)
    assert classify(buffer) == Contents(("/bin/sh",), ("/usr/bin/apt-get",), ("/usr/bin/su",))
