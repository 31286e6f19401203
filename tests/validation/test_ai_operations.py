"""T044: what AI operations see and may do here, and that they do nothing unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.analysis.analysing import analyze
from phaseline.operators.ai_operations.analysis.finding import Severity
from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution.accounts import reader, reading
from phaseline.operators.ai_operations.requests import Answer, Asked, carry_out
from phaseline.operators.clusters.model import accounts_namespace
from phaseline.operators.deployments import world
from phaseline.operators.validation import deployment
from phaseline.tools.api_server import ApiServer

pytestmark = pytest.mark.phase(7)

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_READER = "reader"


def test_the_analysis_sees_the_whole_application(context: Context, namespace: str) -> None:
    with reader(context) as view:
        found = analyze(view, namespace)
    seen = world.look(context)
    for kind in {one["kind"] for one in seen.workloads}:
        assert found.counts[kind] == sum(one["kind"] == kind for one in seen.workloads)
    assert found.counts["Pod"] >= sum(world.serves(pod) for pod in seen.pods)


def test_the_analysis_finds_nothing_that_does_not_work(context: Context, namespace: str) -> None:
    with reader(context) as view:
        found = analyze(view, namespace)
    assert [one.what for one in found.findings if one.severity is Severity.CRITICAL] == []


def test_who_looks_may_change_nothing_and_read_no_secret(
    context: Context, api: ApiServer, namespace: str
) -> None:
    with reader(context) as view:
        for verb in ("create", "update", "patch", "delete"):
            for resource in ("pods", "services", "configmaps", "secrets"):
                assert not view.api.allowed(verb, resource, "", namespace), (verb, resource)
            assert not view.api.allowed(verb, "deployments", "apps", namespace), verb
        assert not view.api.allowed("list", "secrets", "", namespace)
        with pytest.raises(CommandFailed, match="refused"):
            view.api.items(f"/api/v1/namespaces/{namespace}/secrets")


def test_the_rights_are_those_that_were_made_and_nobody_has_more(
    context: Context, api: ApiServer
) -> None:
    account = {"kind": "ServiceAccount", "name": _READER, "namespace": accounts_namespace(context)}
    bindings = api.items(f"{_RBAC}/clusterrolebindings", f"{_RBAC}/rolebindings")
    (bound,) = (one for one in bindings if account in (one.get("subjects") or ()))
    assert bound["subjects"] == [account]
    role = api.get(f"{_RBAC}/clusterroles/{bound['roleRef']['name']}")
    assert _plain(role["rules"]) == _plain(reading())


def _plain(rules: Iterable[Mapping[str, Sequence[str]]]) -> list[str]:
    """Rules whose order, and that of their words, says nothing."""
    return sorted(str({name: sorted(one[name]) for name in sorted(one)}) for one in rules)


def test_what_nobody_approves_is_not_done(context: Context, namespace: str) -> None:
    before = deployment.bound(context)
    one = world.look(context).workloads[0]
    words = f"scale {one['metadata']['name']} to {one['spec'].get('replicas', 1) + 1}"
    answer = Answer(words)
    with pytest.raises(Refused):
        carry_out(
            context,
            Asked(request=words, namespace=namespace),
            answer,
            lambda _: None,
            lambda _: False,
        )
    assert answer.lines, "it was not shown what would be done"
    assert deployment.bound(context) == before
