"""The calls of mmdebstrap, npm and pip, and which registry a reference means."""

from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.operators.images import registry
from phaseline.tools import mmdebstrap, npm, pip


def test_packages_are_unpacked_at_a_fixed_time_from_the_given_sources() -> None:
    command = mmdebstrap.extract(
        ["a", "b"], "bookworm", Path("/t.tar"), sources=[Path("/s")], proxies=["P"], epoch=7
    )
    assert command.env == {"SOURCE_DATE_EPOCH": "7", "TMPDIR": "/"}
    assert {"--variant=extract", "--include=a,b", "--aptopt=P"} <= set(command.argv)
    assert command.argv[-3:] == ("bookworm", "/t.tar", "/s")


def test_only_lines_that_set_a_proxy_are_taken() -> None:
    text = (
        'Acquire::http "";\nAcquire::http::Proxy "http://proxy:3128";\n'
        'Acquire::http::Proxy::host "DIRECT";\nAcquire::https::Proxy "";\n'
        'Acquire::http::User-Agent "x";\n'
    )
    assert mmdebstrap.parse_proxies(text) == (
        'Acquire::http::Proxy "http://proxy:3128"',
        'Acquire::http::Proxy::host "DIRECT"',
    )


def test_wheels_are_fetched_for_the_image_and_checked_by_hash() -> None:
    command = pip.download(Path("/l"), Path("/w"), machine="aarch64", known=Path("/k"))
    assert {
        "--require-hashes",
        "--only-binary=:all:",
        "--python-version=3.11",
        "--platform=manylinux_2_36_aarch64",
        "--platform=manylinux2014_aarch64",
        "--find-links=/k",
        "--dest=/w",
        "--requirement=/l",
    } <= set(command.argv)
    assert not any("manylinux_2_37" in argument for argument in command.argv)
    # the user says from where packages come, not for which machine; nothing is left in /tmp
    assert command.env == {"PIP_PLATFORM": None, "PIP_ABI": None, "TMPDIR": "/"}


def test_the_installer_is_locked_to_the_wheel_that_the_dockerfile_names() -> None:
    name, _, version = pip.INSTALLER.partition("==")
    assert f"{name}-{version}-py3-none-any.whl" == pip.INSTALLER_WHEEL
    assert pip.installer_lock() == f"{pip.INSTALLER} --hash=sha256:{pip.INSTALLER_SHA256}\n"


def test_npm_is_taken_from_the_toolchain_before_path() -> None:
    command = npm.run_script(Path("/page"), Path("/tools/bin"), "build")
    assert command.argv == ("npm", "run", "build")
    assert command.cwd == Path("/page")
    assert str(command.env["PATH"]).startswith("/tools/bin:")
    assert npm.install(Path("/page"), Path("/tools/bin")).argv[:2] == ("npm", "ci")


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        ("python@sha256:0", "registry-1.docker.io"),
        ("library/python@sha256:0", "registry-1.docker.io"),
        ("docker.io/library/python@sha256:0", "registry-1.docker.io"),
        ("ghcr.io/a/b@sha256:0", "ghcr.io"),
        ("localhost/a@sha256:0", "localhost"),
        ("127.0.0.1:5000/a@sha256:0", "127.0.0.1:5000"),
    ],
)
def test_the_registry_of_a_reference(reference: str, host: str) -> None:
    assert registry.host_of(reference) == host


def test_a_registry_that_is_not_there_is_named_with_the_reason() -> None:
    assert registry.unreachable("127.0.0.1:1").startswith("127.0.0.1:1 does not answer: ")
