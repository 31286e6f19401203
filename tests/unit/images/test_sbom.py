"""Bills of materials: what an image's own files say, in CycloneDX, always the same."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from phaseline.operators.images.checks import packages
from phaseline.operators.images.checks.packages import Package
from phaseline.operators.images.checks.sbom import purl_of, written
from tests.unit.images.surveyed import image_of

pytestmark = pytest.mark.usefixtures("own_cache")

STATUS = """\
Package: libssl3
Status: install ok installed
Source: openssl
Version: 3.0.17-1~deb12u2
Description: Secure Sockets Layer toolkit
 .
 More lines.
"""
FILES = {
    "/var/lib/dpkg/status.d/libssl3": STATUS.encode(),
    "/app/packages/Foo_Bar-1.2.dist-info/METADATA": (
        b"Metadata-Version: 2.4\nName: Foo_Bar\nVersion: 1.2\nLicense-Expression: MIT\n\ntext"
    ),
    "/srv/.vite/license.json": json.dumps(
        [{"name": "@scope/thing", "version": "3.0.0", "identifier": "ISC", "text": "…"}]
    ).encode(),
    "/srv/node_modules/left/package.json": b'{"name": "left", "version": "1.0.0"}',
}
NAMES = {
    "pkg:deb/debian/libssl3@3.0.17-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
    "pkg:pypi/foo-bar@1.2",
    "pkg:npm/%40scope/thing@3.0.0",
    "pkg:npm/left@1.0.0",
}


def test_packages_of_every_kind_are_in_it_with_where_it_says_so() -> None:
    bom = json.loads(written("app/backend", "0.1", image_of(FILES)))
    assert {one["purl"] for one in bom["components"]} == NAMES
    evidence = {one["properties"][0]["value"] for one in bom["components"]}
    assert evidence == set(FILES)
    licenses = {
        one["name"]: one["licenses"][0]["license"]["name"]
        for one in bom["components"]
        if "licenses" in one
    }
    assert licenses == {"foo-bar": "MIT", "@scope/thing": "ISC"}


def test_it_is_valid_cyclonedx() -> None:
    text = written("app/backend", "0.1", image_of(FILES))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.replace('"type"', '"kind"'))


def test_it_is_the_same_for_the_same_image_and_names_it() -> None:
    first, again = (written("app/backend", "0.1", image_of(FILES)) for _ in range(2))
    assert first == again
    assert "timestamp" not in first
    other = written("app/backend", "0.1", image_of(FILES, id="sha256:2"))
    serials = [json.loads(text)["serialNumber"] for text in (first, other)]
    assert serials[0] != serials[1]
    assert json.loads(first)["metadata"]["component"]["bom-ref"] == f"sha256:{'1' * 64}"


def test_a_package_that_a_later_layer_removes_is_not_in_it() -> None:
    image = image_of(FILES, {"/srv/node_modules/.wh.left": b""})
    assert "left" not in {one.name for one in image.packages}


def test_several_packages_in_one_status_file() -> None:
    text = f"{STATUS}\nPackage: b\nVersion: 2\nSource: a (1:1)\n".encode()
    found = packages.told("/var/lib/dpkg/status", text)
    assert [(one.name, one.version, one.source) for one in found] == [
        ("libssl3", "3.0.17-1~deb12u2", "openssl"),
        ("b", "2", "a"),
    ]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/x/node_modules/a/package.json", b"not json"),
        ("/x/node_modules/a/package.json", b"[1]"),
        ("/x/.vite/license.json", b'{"a": 1}'),
        ("/x/a.dist-info/METADATA", b"\xff\xfe"),
        ("/var/lib/dpkg/status", b""),
    ],
)
def test_a_file_that_is_not_what_its_name_says_names_no_package(path: str, content: bytes) -> None:
    assert packages.tells(path)
    assert packages.told(path, content) == []


def test_other_files_are_not_asked() -> None:
    assert not packages.tells("/app/package.json")
    assert not packages.tells("/var/lib/dpkg/info/libc6.list")


def test_a_license_that_is_a_whole_text_is_left_out() -> None:
    text = b"Name: a\nVersion: 1\nLicense: Copyright\n        Permission is\n\n"
    (found,) = packages.told("/a.dist-info/METADATA", text)
    assert found.license == ""


def test_a_source_of_the_same_name_is_not_repeated() -> None:
    package = Package(kind="deb", name="a", version="1", source="a")
    assert purl_of(package, "arm64").to_string() == "pkg:deb/debian/a@1?arch=arm64&distro=debian-12"
