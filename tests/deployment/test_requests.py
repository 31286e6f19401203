"""`invoke ai` in a real cluster: shown, approved, applied by a limited account, verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.core.workspace import Context
from phaseline.core.workspace import Workspace as Checkout
from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution import accounts
from phaseline.operators.ai_operations.execution.carrying import rehearsed
from phaseline.operators.ai_operations.execution.rights import rights
from phaseline.operators.ai_operations.plans.model import ObjectReference, Plan, Replicas, Scale
from phaseline.operators.clusters.embedded.layout import PAUSE
from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Ran, Workspace

pytestmark = pytest.mark.e2e

SPACE = "harbour"
KINDS = (
    "deployments,replicasets,statefulsets,services,configmaps,secrets,serviceaccounts,roles,"
    "rolebindings,networkpolicies,persistentvolumeclaims,jobs,namespaces,clusterroles,"
    "clusterrolebindings,resourcequotas"
)


@pytest.fixture(scope="module")
def harbour(first: Deployed) -> Iterator[Workspace]:
    """The shared deployment, and beside it a namespace with one Deployment, made by request."""
    try:
        made = first.workspace.must("ai", f"create a namespace {SPACE}", "--yes")
        assert "done, and verified" in made.text
        ask(first.workspace, f"run two copies of {PAUSE} as pier", "--yes")
        yield first.workspace
    finally:
        application.kubectl(first.workspace, "delete", "namespace", SPACE, "--wait=false")


def ask(workspace: Workspace, request: str, *flags: str, code: int = 0) -> Ran:
    """A request in the namespace; it ends with this exit code."""
    ran = workspace.invoke("ai", request, "--namespace", SPACE, *flags)
    assert ran.code == code, ran.text
    return ran


def pier(workspace: Workspace) -> dict[str, Any]:
    """The Deployment."""
    text = application.kubectl(workspace, "get", "-n", SPACE, "deployment/pier", "-o", "json")
    found: dict[str, Any] = json.loads(text)
    return found


def everything(workspace: Workspace) -> dict[str, Any]:
    """What is asked for in each object of the cluster, without what the cluster itself tells."""
    text = application.kubectl(workspace, "get", KINDS, "-A", "-o", "json")
    kept = {}
    for one in json.loads(text)["items"]:
        metadata = one["metadata"]
        name = f"{one['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"
        content = {k: v for k, v in one.items() if k not in ("status", "metadata")}
        kept[name] = [content, metadata.get("labels")]
    return kept


def context(workspace: Workspace) -> Context:
    """The workspace, as an operator has it."""
    return Context(Checkout(workspace.root))


def test_a_dry_run_and_what_is_not_approved_change_nothing(harbour: Workspace) -> None:
    before = everything(harbour)
    shown = ask(harbour, "bump pier up to five copies", "--dry-run")
    assert "~ spec.replicas: 2 -> 5" in shown.text
    refused = ask(harbour, "bump pier up to five copies", code=5)
    assert "not approved" in refused.text
    assert everything(harbour) == before


def test_what_is_approved_is_done_and_nothing_else(harbour: Workspace) -> None:
    before = everything(harbour)
    answer = json.loads(_json(ask(harbour, "bump pier up to three copies", "--yes", "--json")))
    assert (answer["code"], answer["outcome"]) == (0, "done, and verified")
    assert answer["source"] == "rules"
    assert pier(harbour)["status"]["readyReplicas"] == 3
    after = everything(harbour)
    changed = {name.split("/")[0] for name in after | before if after.get(name) != before.get(name)}
    assert changed == {"Deployment", "ReplicaSet"}
    again = ask(harbour, "scale pier to 3", "--yes")
    assert "so already" in again.text
    ask(harbour, "take pier down to 2 replicas", "--yes")


def test_what_does_not_come_true_is_put_back(harbour: Workspace) -> None:
    before = pier(harbour)["spec"]
    ran = ask(harbour, "set the image of pier to localhost/nowhere:1", "--yes", code=1)
    assert "all is as it was" in ran.text
    assert "nowhere" in ran.text
    assert pier(harbour)["spec"] == before


def test_other_ways_to_end(harbour: Workspace) -> None:
    before = everything(harbour)
    assert "there is no pie" in ask(harbour, "delete pie", "--yes", code=7).text
    assert "pier" in ask(harbour, "scale piet-hein to 3", "--yes", code=7).text
    system = harbour.invoke("ai", "scale coredns to 0", "--namespace", "kube-system", "--yes")
    assert system.code in (5, 7)
    own = harbour.invoke("ai", "restart backend", "--yes")
    assert own.code in (5, 7)
    assert harbour.invoke("ai", "scale pier to 3", "--assistant", "oracle").code == 2
    assert harbour.invoke("ai", " ").code == 2
    assert everything(harbour) == before


def test_the_reader_sees_no_secrets_and_changes_nothing(harbour: Workspace) -> None:
    with accounts.reader(context(harbour)) as view:
        assert view.items("Deployment", SPACE)
        for path in ("/api/v1/secrets", f"/api/v1/namespaces/{SPACE}/secrets"):
            with pytest.raises(CommandFailed, match="refused"):
                view.api.get(path)
        with pytest.raises(CommandFailed):
            view.api.send("DELETE", f"/apis/apps/v1/namespaces/{SPACE}/deployments/pier")


def test_a_writer_may_do_what_its_plan_says_and_then_nothing(harbour: Workspace) -> None:
    folder = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
    merge = "application/merge-patch+json"
    with accounts.writer(context(harbour), rights(_plan(3))) as writer:
        writer.enter(SPACE)
        writer.api.send("PATCH", f"{folder}/pier?dryRun=All", {"spec": {}}, form=merge)
        for method, path in (
            ("DELETE", f"{folder}/pier"),
            ("PATCH", f"{folder}/another"),
            ("POST", f"/api/v1/namespaces/{SPACE}/secrets"),
            ("PATCH", "/apis/apps/v1/namespaces/kube-system/deployments/pier"),
        ):
            with pytest.raises(CommandFailed, match="refused"):
                writer.api.send(method, f"{path}?dryRun=All", {}, form=merge)
    left = application.kubectl(harbour, "get", "roles,rolebindings,serviceaccounts", "-A")
    assert "writer-" not in left


def test_an_approval_is_of_one_plan(harbour: Workspace) -> None:
    here, before = context(harbour), pier(harbour)["spec"]
    with (
        accounts.reader(here) as view,
        rehearsed(here, _plan(3), view, {SPACE}) as tried,
        pytest.raises(Refused, match="not the plan that was approved"),
    ):
        tried.apply(_plan(4).hash)
    assert pier(harbour)["spec"] == before


def test_what_was_asked_is_in_the_signed_evidence(harbour: Workspace) -> None:
    secret = "tide-and-time-Zq9"
    ask(harbour, f"create a secret chest with password={secret}", "--yes")
    harbour.must("evidence.verify")
    own = [
        p for p in harbour.state.rglob("*") if "cluster" not in p.relative_to(harbour.state).parts
    ]
    kept = [path.read_bytes() for path in own if path.is_file()]
    assert any(b"Secret/chest" in content for content in kept)
    assert not [content for content in kept if secret.encode() in content]


def _plan(replicas: int) -> Plan:
    target = ObjectReference(kind="Deployment", name="pier", namespace=SPACE)
    return Plan(
        request="",
        source="test",
        reading="",
        operations=(Scale(target=target, replicas=replicas),),
        wishes=(Replicas(target=target, count=replicas),),
    )


def _json(ran: Ran) -> str:
    """What it has printed as JSON, without the progress before it."""
    return ran.text[ran.text.index("\n{") :]
