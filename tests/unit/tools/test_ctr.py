from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.tools.ctr import Ctr

HERE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
MANIFEST = {"config": {"digest": "sha256:configuration"}, "layers": []}
# Answers `images list` and `content get DIGEST` from files, as containerd's command line does.
STAND_IN = """#!/bin/sh
shift 2
case "$1 $2" in
"images list") printf 'REF TYPE DIGEST\\napp:1 application/vnd.oci sha256:target\\n' ;;
"content get") cat "$CONTENT/$3" ;;
*) exit 1 ;;
esac
"""


@pytest.fixture
def content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file for each digest that containerd holds."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/ctr").write_text(STAND_IN)
    (tmp_path / "bin/ctr").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("CONTENT", str(tmp_path))
    return tmp_path


def hold(content: Path, digest: str, told: dict[str, Any]) -> None:
    (content / digest).write_text(json.dumps(told))


def listed(digest: str, architecture: str) -> dict[str, Any]:
    return {"digest": digest, "platform": {"os": "linux", "architecture": architecture}}


def test_an_image_is_known_by_its_configuration(content: Path) -> None:
    hold(content, "sha256:target", MANIFEST)
    assert Ctr(content / "socket").config_digests(["app:1"]) == {"app:1": "sha256:configuration"}


def test_of_an_index_the_image_for_this_machine_counts(content: Path) -> None:
    manifests = [
        listed("sha256:provenance", "unknown"),
        listed("sha256:foreign", "s390x"),
        listed("sha256:ours", HERE),
    ]
    hold(content, "sha256:target", {"manifests": manifests})
    hold(content, "sha256:ours", MANIFEST)
    assert Ctr(content / "socket").config_digests(["app:1"]) == {"app:1": "sha256:configuration"}


def test_an_index_without_an_image_for_this_machine_is_refused(content: Path) -> None:
    hold(content, "sha256:target", {"manifests": [listed("sha256:foreign", "s390x")]})
    with pytest.raises(CommandFailed, match="holds no image for"):
        Ctr(content / "socket").config_digests(["app:1"])
