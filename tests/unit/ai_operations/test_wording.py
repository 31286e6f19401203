"""Kinds of sentences: several clauses, pronouns, relative clauses, nouns that look like orders."""

from __future__ import annotations

import pytest

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.plans.model import Create, Scale
from tests.unit.ai_operations.cluster import read


def done(request: str) -> str:
    """What a request comes to, in short."""
    return ", ".join(f"{o.do} {o.target.kind}/{o.target.name}" for o in read(request).operations)


@pytest.mark.parametrize(
    ("request_", "counts"),
    [
        ("Scale web to 3 and api to 5.", {"web": 3, "api": 5}),
        ("Set both web and api to 3 replicas.", {"web": 3, "api": 3}),
        ("Reduce checkout by a third.", {"checkout": 2}),
        ("payments gets too much load. Give it two more pods.", {"payments": 4}),
        ("There are too many api pods; two are enough.", {"api": 2}),
        ("The number of replicas of api should be increased by two.", {"api": 6}),
        ("Could you scale the api deployment so that it has six pods?", {"api": 6}),
    ],
)
def test_each_workload_gets_its_own_number(request_: str, counts: dict[str, int]) -> None:
    found = [one for one in read(request_).operations if isinstance(one, Scale)]
    assert {one.target.name: one.replicas for one in found} == counts


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("The last change to web was bad, undo it.", "rollback Deployment/web"),
        (
            "Take payments back to the old version until we know why.",
            "rollback Deployment/payments",
        ),
        ("Would you mind restarting the api?", "restart Deployment/api"),
        ("Give payments a kick, i.e. restart it.", "restart Deployment/payments"),
        ("Remove the cronjob tidy, we don't need it any more.", "delete CronJob/tidy"),
        ("A secret named api-token is needed which holds TOKEN=abc123.", "create Secret/api-token"),
        ("green looks healthy, switch the shop service over to green", "patch Service/shop"),
        ("Version 2 of localhost/shop should be rolled out to web.", "patch Deployment/web"),
        ("Let payments have at most 512Mi memory.", "patch Deployment/payments"),
        ("Create a pod named probe that runs busybox:1.36.", "create Pod/probe"),
        (
            "Create a secret called keys with TOKEN=abc123, and mount it into web under /etc/keys.",
            "create Secret/keys, patch Deployment/web",
        ),
        (
            "Deploy an app called ledger with localhost/shop:1. It needs three replicas, and the "
            "variable MODE must be set to batch.",
            "create Deployment/ledger",
        ),
    ],
)
def test_what_is_done(request_: str, expected: str) -> None:
    assert done(request_) == expected


@pytest.mark.parametrize(
    "request_",
    [
        "Create a config map flags with BETA=on, and web should get it as environment variables",
        "scale web to port 5432",
        "Stop the cronjob tidy from running for now.",
    ],
)
def test_what_is_not_clear_changes_nothing(request_: str) -> None:
    with pytest.raises(NotUnderstood):
        read(request_)


def test_what_a_role_may_not_do_is_not_allowed() -> None:
    plan = read("let builder get and list pods and their logs, but not update or delete anything")
    (role,) = [
        one.manifest
        for one in plan.operations
        if isinstance(one, Create) and one.manifest["kind"] == "Role"
    ]
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} <= {"get", "list", "watch"}


def test_the_time_of_day_in_words() -> None:
    plan = read("Every night at half past two, run localhost/shop:1 as a job named cleanup.")
    (one,) = plan.operations
    assert isinstance(one, Create)
    assert one.manifest["spec"]["schedule"] == "30 2 * * *"
