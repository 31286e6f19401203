"""From an edit to typed operations: patches that name only what changes, and what is made anew."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.diagnosis.diagnosing import RULES, found
from phaseline.operators.ai_operations.diagnosis.finding import change, creation
from phaseline.operators.ai_operations.diagnosis.operations import (
    difference,
    operations,
    wishes,
)
from phaseline.operators.ai_operations.plans.making import remade
from phaseline.operators.ai_operations.plans.model import Create, Patch, Plan
from phaseline.operators.ai_operations.snapshot.objects import Ref, ref
from tests.unit.diagnosis.made import (
    PLACE,
    container,
    crashed,
    node,
    service,
    snapshot,
    thing,
    waits,
    web,
)


def test_a_patch_names_the_container_and_what_changes_in_it() -> None:
    deployment = web(container(env=[{"name": "A", "value": "planted"}]), container("other"))[0]

    def by(made: Any) -> None:
        made["spec"]["template"]["spec"]["containers"][0]["image"] = "x:2"

    (one,) = operations([change(deployment, "", by)])
    assert isinstance(one, Patch)
    listed = [{"name": "main", "image": "x:2"}]
    assert one.patch == {"spec": {"template": {"spec": {"containers": listed}}}}
    assert "planted" not in one.model_dump_json()


def test_what_goes_away_is_null_and_a_renamed_variable_is_replaced() -> None:
    before = {"command": ["x"], "env": [{"name": "OLD", "value": "1"}, {"name": "B", "value": "2"}]}
    after = {"env": [{"name": "NEW", "value": "1"}, {"name": "B", "value": "2"}]}
    gone, new = {"name": "OLD", "$patch": "delete"}, {"name": "NEW", "value": "1"}
    assert difference(before, after) == {"command": None, "env": [gone, new]}


def test_nothing_is_patched_where_nothing_changes() -> None:
    one = web()[0]
    assert difference(one, one) == {}


def test_what_is_made_has_nothing_of_the_servers() -> None:
    job = thing("Job", "j", spec={"selector": {}, "template": {"metadata": {}}}, status={})
    assert "uid" not in remade(job)["metadata"]
    assert "status" not in remade(job)
    assert "selector" not in remade(job)["spec"]
    assert remade(job)["apiVersion"] == "batch/v1"


def test_each_repair_is_a_plan_that_is_verified() -> None:
    claim = creation(thing("ServiceAccount", "robot", apiVersion="v1"), "")
    made = tuple(operations([claim]))
    assert isinstance(made[0], Create)
    plan = Plan(
        request="",
        source="rules",
        reading="",
        operations=made,
        wishes=tuple(wishes([claim], Ref("Deployment", PLACE, "web"))),
    )
    assert [one.see for one in plan.wishes] == ["exists", "rolled-out"]


def test_the_cause_goes_before_what_follows_from_it() -> None:
    """A missing Secret keeps a Deployment down, hence a Service empty, hence another crashing."""
    source = {"secretKeyRef": {"name": "login", "key": "k"}}
    database = waits(
        web(container(env=[{"name": "K", "valueFrom": source}]), name="db"),
        "CreateContainerConfigError",
        'secret "login" not found',
    )
    client = crashed(web(container(env=[{"name": "DB_HOST", "value": "db"}])))
    served = service("db", {"app": "db"}, {"port": 5432})
    causes = found(snapshot(*database, *client, served, log="connection to db refused"), PLACE)
    assert [(one.rule, one.subject.name) for one in causes] == [("missing-secret", "db")]


def test_only_what_has_to_do_with_the_target_is_told() -> None:
    sick = waits(web(container(image="shop/web:9")), "ErrImageNeverPull")
    other = waits(web(container(image="shop/api:9", name="x"), name="api"), "ErrImageNeverPull")
    seen = snapshot(*sick, *other, node("shop/web:1", "shop/api:1"))
    for target in (ref(sick[0]), ref(sick[-1])):
        assert [one.subject.name for one in found(seen, PLACE, target)] == ["web"]


def test_a_symptom_without_a_cause_is_told_with_its_last_lines() -> None:
    (one,) = found(snapshot(*crashed(web()), log="one\ntwo\nthe tide is out"), PLACE)
    assert one.symptom
    assert "the tide is out" in one.evidence
    assert one.edits == ()


def test_rules_have_names_of_their_own() -> None:
    assert len({one.name for one in RULES}) == len(RULES)
