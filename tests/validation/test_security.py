"""T045: pods keep to the restricted standard, accounts have no right unused, secrets stay put."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import workloads
from phaseline.operators.charts.restricted import unrestricted
from phaseline.tools.api_server import ApiServer

pytestmark = pytest.mark.phase(5)

Object = Mapping[str, Any]
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_TELLING = 8  # characters: a shorter value, such as a user's name, may stand anywhere by chance
_LARGEST = 20 << 20
_OF_CLUSTER = "cluster"  # the node's own data: etcd keeps each Secret
_OTHERS = 0o077  # permissions of others than the owner


def test_every_pod_is_restricted(pods: list[Object]) -> None:
    every = workloads(tuple({**pod, "kind": "Pod"} for pod in pods))
    assert [str(finding) for one in every for finding in unrestricted(one)] == []


@pytest.fixture(scope="module")
def bound(api: ApiServer, namespace: str, objects: tuple[Object, ...]) -> dict[str, list[str]]:
    """The accounts of the namespace that a binding names, with the bindings; "*" is all of them.

    What the chart itself binds is what it was made to need, and left out.
    """
    own = {(one["kind"], one["metadata"]["name"]) for one in objects}
    found: dict[str, list[str]] = {}
    for one in api.items(f"{_RBAC}/clusterrolebindings", f"{_RBAC}/rolebindings"):
        for subject in one.get("subjects") or ():
            ours = subject.get("namespace") == namespace
            every = subject["name"] == f"system:serviceaccounts:{namespace}"
            if (ours or every) and (one["kind"], one["metadata"]["name"]) not in own:
                name = "*" if every else subject["name"]
                found.setdefault(name, []).append(one["metadata"]["name"])
    return found


def test_no_account_has_a_right_that_the_chart_did_not_ask_for(
    bound: dict[str, list[str]],
) -> None:
    assert bound == {}


def test_no_pod_has_a_token_without_a_right_to_use(
    pods: list[Object], objects: tuple[Object, ...]
) -> None:
    bindings = [one for one in objects if one["kind"] in ("RoleBinding", "ClusterRoleBinding")]
    able = {subject["name"] for one in bindings for subject in one.get("subjects") or ()}
    mounted = [
        f"{pod['metadata']['name']}: {volume['name']}"
        for pod in pods
        if pod["spec"].get("serviceAccountName", "default") not in able
        for volume in pod["spec"].get("volumes", ())
        for source in (volume.get("projected") or {}).get("sources", ())
        if "serviceAccountToken" in source
    ]
    assert mounted == []


@pytest.fixture(scope="module")
def secrets(api: ApiServer, namespace: str) -> list[bytes]:
    """The values of the application's Secrets; helm's own are the release, and no secret."""
    found = api.items(f"/api/v1/namespaces/{namespace}/secrets")
    values = {
        base64.b64decode(value)
        for one in found
        if not str(one.get("type", "")).startswith("helm.sh/")
        for value in (one.get("data") or {}).values()
    }
    return sorted(value for value in values if len(value) >= _TELLING)


def test_no_secret_is_in_a_log(
    api: ApiServer, secrets: list[bytes], pods: list[Object], namespace: str
) -> None:
    found = []
    for pod in pods:
        for one in pod["spec"]["containers"]:
            place = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}/log"
            text = api.text(f"{place}?container={one['name']}&tailLines=5000").encode()
            found += [f"{pod['metadata']['name']}/{one['name']}" for s in secrets if s in text]
    assert found == []


def test_no_secret_is_in_a_process_list(secrets: list[bytes]) -> None:
    found = []
    for one in psutil.process_iter(["name", "cmdline"]):
        text = "\0".join(one.info["cmdline"] or ()).encode(errors="surrogateescape")
        found += [f"{one.pid} {one.info['name']}" for secret in secrets if secret in text]
    assert found == []


def test_no_secret_is_in_evidence_or_in_what_is_kept_of_runs(
    context: Context, secrets: list[bytes]
) -> None:
    looked = list(_files(context.state))
    assert looked
    found = [
        str(path)
        for path in looked
        if (content := _content(path)) and any(secret in content for secret in secrets)
    ]
    assert found == []


def _files(state: Path) -> Iterator[Path]:
    for path in state.rglob("*"):
        inside = path.relative_to(state).parts
        if inside[0] == _OF_CLUSTER or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_mode & _OTHERS:  # what its owner alone may read is no leak
            yield path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    except FileNotFoundError:  # a run at work has replaced it
        return b""
