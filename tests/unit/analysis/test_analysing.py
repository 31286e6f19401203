"""The report on a namespace: faults first, then what will hurt one day."""

from __future__ import annotations

import json

from phaseline.operators.ai_operations.analysis.analysing import of, table
from phaseline.operators.ai_operations.analysis.finding import Severity
from tests.unit.diagnosis.made import (
    PLACE,
    Made,
    container,
    node,
    service,
    snapshot,
    thing,
    waits,
    web,
)


def codes(*objects: Made, place: str = PLACE) -> set[str]:
    """The codes of what is found."""
    return {one.code for one in of(snapshot(*objects), place).findings}


def _good() -> Made:
    ports = [{"containerPort": 8080, "name": "http"}]
    amounts = {"cpu": "10m", "memory": "32Mi"}
    rights = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
    }
    return container(
        ports=ports,
        resources={"requests": amounts, "limits": {"memory": "64Mi"}},
        readinessProbe={"httpGet": {"port": 8080, "path": "/ready"}},
        livenessProbe={"httpGet": {"port": 8080, "path": "/live"}},
        securityContext=rights,
    )


def _well(**other: object) -> list[Made]:
    return web({**_good(), **other}, up=True, automountServiceAccountToken=False)


POLICY = thing("NetworkPolicy", "web", spec={"podSelector": {}})


def test_nothing_is_found_where_all_is_as_advised() -> None:
    assert codes(*_well(), POLICY) == set()


def test_a_fault_is_the_first_of_all() -> None:
    broken = waits(web(container(image="shop/web:latest")), "ErrImageNeverPull")
    found = of(snapshot(*broken, node("shop/web:1")), PLACE)
    assert (found.findings[0].code, found.findings[0].severity) == ("image-name", Severity.CRITICAL)
    assert next(iter(found.by_severity)) == "critical"


def test_how_workloads_are_specified() -> None:
    for change, code in (
        ({"image": "shop/web"}, "latest-tag"),
        ({"image": "shop/web:latest"}, "latest-tag"),
        ({"resources": {}}, "no-memory-limit"),
        ({"resources": {"limits": {"memory": "64Mi"}}}, "no-request"),
        ({"readinessProbe": None, "livenessProbe": None}, "same-probes"),
        ({"securityContext": {"privileged": True}}, "privileged"),
        ({"securityContext": {}}, "may-be-root"),
        ({"securityContext": {}}, "escalation"),
        ({"env": [{"name": "DB_PASSWORD", "value": "hunter22"}]}, "plain-secret"),
    ):
        if code == "same-probes":
            probe = _good()["readinessProbe"]
            change = {"readinessProbe": probe, "livenessProbe": probe}
        assert code in codes(*_well(**change), POLICY), code


def test_no_probes() -> None:
    bare = {name: value for name, value in _good().items() if not name.endswith("Probe")}
    found = codes(*web(bare, up=True, automountServiceAccountToken=False), POLICY)
    assert found == {"no-readiness", "no-liveness"}


def test_the_path_of_a_secret_is_none() -> None:
    path = [{"name": "PASSWORD_FILE", "value": "/run/secret"}]
    assert codes(*_well(env=path), POLICY) == set()


def test_no_secret_value_is_in_the_report() -> None:
    told = [{"name": "API_TOKEN", "value": "planted-value"}]
    assert "planted-value" not in json.dumps(of(snapshot(*_well(env=told)), PLACE).plain())


def test_what_nothing_uses() -> None:
    unused = thing("ConfigMap", "old", data={"a": "b"})
    spec = {"accessModes": ["ReadWriteOnce"]}
    claim = thing("PersistentVolumeClaim", "old", spec=spec, status={"phase": "Bound"})
    assert codes(*_well(), POLICY, unused, claim) == {"unused", "unused-claim"}


def test_a_policy_and_a_budget_of_nobody() -> None:
    nobody = {"matchLabels": {"app": "gone"}}
    policy = thing("NetworkPolicy", "p", spec={"podSelector": nobody})
    budget = thing("PodDisruptionBudget", "b", spec={"selector": nobody})
    assert codes(*_well(), POLICY, policy, budget) == {"selects-nothing"}


def test_one_pod_that_serves() -> None:
    found = codes(*_well(), POLICY, service("web", {"app": "web"}))
    assert found == {"single-replica"}


def test_roles() -> None:
    role = thing("Role", "all", rules=[{"verbs": ["*"], "resources": ["pods"], "apiGroups": [""]}])
    subject = {"kind": "ServiceAccount", "name": "gone"}
    binding = thing("RoleBinding", "b", roleRef={"name": "cluster-admin"}, subjects=[subject])
    found = codes(*_well(), POLICY, role, binding)
    assert found == {"wildcard-role", "admin", "binding-to-nobody"}


def test_nodes() -> None:
    down = node(unschedulable=True)
    down["status"]["conditions"] = [{"type": "DiskPressure", "status": "True"}]
    found = codes(*_well(), POLICY, down, place="")
    assert found == {"node-down", "node-pressure", "cordoned"}


def test_the_table_leaves_hints_out() -> None:
    found = of(snapshot(*_well(image="shop/web:latest")), PLACE)
    assert {row[0] for row in table(found)} == {"medium"}
    assert {row[0] for row in table(found, least=Severity.HINT)} == {"medium", "hint"}
