from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import InvalidConfiguration
from phaseline.tools import kubeconfig

PROGRAM = """#!/bin/sh
test "$STAGE" = shop || exit 3
echo '{"kind": "ExecCredential", "status": {"token": "'"$1"'"}}'
"""


def config(name: str, **cluster: str) -> dict[str, Any]:
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": f"c-{name}", "user": f"u-{name}"}}],
        "clusters": [{"name": f"c-{name}", "cluster": {"server": f"https://{name}", **cluster}}],
        "users": [{"name": f"u-{name}", "user": {"token": f"t-{name}"}}],
    }


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of KUBECONFIG and one that is not there; the second has the first's name, too."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "ca.pem").write_bytes(b"authority")
    (tmp_path / "a" / "one").write_text(
        yaml.safe_dump(config("one", **{"certificate-authority": "ca.pem"}))
    )
    second = config("two")
    second["users"].append({"name": "u-one", "user": {"token": "of another file"}})
    (tmp_path / "two").write_text(yaml.safe_dump(second))
    places = (tmp_path / "a" / "one", tmp_path / "gone", tmp_path / "two")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, places)))
    return tmp_path


def test_files_are_put_together_and_the_first_counts(files: Path) -> None:
    told = kubeconfig.of_user()
    assert kubeconfig.names(told) == ["one", "two"]
    assert told["current-context"] == "one"
    cluster, user = kubeconfig.current(kubeconfig.only(told, "one"))
    assert kubeconfig.content(cluster, "certificate-authority") == b"authority"
    assert user == {"token": "t-one"}


def test_one_context_alone_has_no_other(files: Path) -> None:
    alone = kubeconfig.only(kubeconfig.of_user(), "two")
    assert [alone[kind][0]["name"] for kind in ("contexts", "clusters", "users")] == [
        *("two", "c-two", "u-two")
    ]
    assert all(len(alone[kind]) == 1 for kind in ("contexts", "clusters", "users"))


def test_an_unknown_context_is_named_with_those_there_are(files: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="no context 'three'") as caught:
        kubeconfig.only(kubeconfig.of_user(), "three")
    assert caught.value.why == "it has: one, two"


def test_without_a_kubeconfig_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "gone"))
    with pytest.raises(InvalidConfiguration, match="there is no kubeconfig"):
        kubeconfig.of_user()


@pytest.mark.parametrize("content", ["just text", "a: [", "- a list"])
def test_what_is_no_kubeconfig_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(InvalidConfiguration, match="kubeconfig"):
        kubeconfig.read(tmp_path / "file")


def test_credentials_of_each_kind(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of a file\n")
    (tmp_path / "login").write_text(PROGRAM)
    (tmp_path / "login").chmod(0o755)
    known = {"command": str(tmp_path / "login"), "args": ["of-a-program"]}
    users: list[tuple[dict[str, Any], str]] = [
        ({"token": "t"}, "Bearer t"),
        ({"tokenFile": str(tmp_path / "token")}, "Bearer of a file"),
        ({"username": "a", "password": "b"}, f"Basic {base64.b64encode(b'a:b').decode()}"),
        ({"exec": {**known, "env": [{"name": "STAGE", "value": "shop"}]}}, "Bearer of-a-program"),
    ]
    for user, header in users:
        assert kubeconfig.credentials(user).headers == {"Authorization": header}
    data = {
        f"client-{name}-data": base64.b64encode(name.encode()).decode()
        for name in ("certificate", "key")
    }
    shown = kubeconfig.credentials(data)
    assert (shown.certificate, shown.key, shown.headers) == (b"certificate", b"key", {})


def test_a_program_that_tells_no_credentials(tmp_path: Path) -> None:
    (tmp_path / "login").write_text("#!/bin/sh\necho please log in\n")
    (tmp_path / "login").chmod(0o755)
    told = {"exec": {"command": str(tmp_path / "login"), "installHint": "install the helper"}}
    with pytest.raises(InvalidConfiguration, match="printed no credentials") as caught:
        kubeconfig.credentials(told)
    assert caught.value.fix == "install the helper"
