"""What the built-in planner makes of free wording."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.ai_operations.planner.intents import INTENTS
from phaseline.operators.ai_operations.planner.planner import ranked
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.words import tokens
from phaseline.operators.ai_operations.plans.model import Create, Patch, Plan
from tests.unit.ai_operations.cluster import read


def content(plan: Plan, place: int = 0) -> dict[str, Any]:
    """The manifest or the patch of one operation."""
    one = plan.operations[place]
    assert isinstance(one, Create | Patch)
    return one.manifest if isinstance(one, Create) else one.patch


def container(plan: Plan, place: int = 0) -> dict[str, Any]:
    """The first container of what is made or patched."""
    spec = content(plan, place)["spec"]
    spec = spec.get("template", {}).get("spec") or spec
    found: dict[str, Any] = spec["containers"][0]
    return found


@pytest.mark.parametrize(
    ("request_", "name", "replicas"),
    [
        ("bump web up to five copies", "web", 5),
        ("scale checkout to 7", "checkout", 7),
        ("make two more replicas of checkout", "checkout", 5),
        ("we need 3 fewer api pods", "api", 1),
        ("remove two replicas from api", "api", 2),
        ("add 3 replicas to api", "api", 7),
        ("take web down by half", "web", 1),
        ("scale api by 50%", "api", 6),
        ("increase web by 100%", "web", 4),
        ("cut checkout's replicas to a third", "checkout", 1),
        ("double the replicas of web", "web", 4),
        ("reduce api to a single copy", "api", 1),
        ("turn off the web deployment", "web", 0),
        ("scale web down to zero", "web", 0),
        ("run one more instance of frontend", "frontend", 3),
        ("scale the backned to 3", "backend", 3),
    ],
)
def test_how_many(request_: str, name: str, replicas: int) -> None:
    (one,) = read(request_).operations
    assert (one.do, one.target.name) == ("scale", name)
    assert one.model_dump()["replicas"] == replicas


@pytest.mark.parametrize(
    ("request_", "name", "image"),
    [
        ("set the image of web to localhost/shop:2", "web", "localhost/shop:2"),
        ("ship localhost/shop:2 to checkout", "checkout", "localhost/shop:2"),
        ("please roll out version 2 of checkout", "checkout", "localhost/shop:2"),
        ("switch payments to image localhost/shop:2", "payments", "localhost/shop:2"),
    ],
)
def test_which_image(request_: str, name: str, image: str) -> None:
    plan = read(request_)
    assert plan.operations[0].target.name == name
    assert container(plan) == {"name": name, "image": image}


@pytest.mark.parametrize(
    ("request_", "done"),
    [
        ("restart the payments deployment", "restart Deployment/payments"),
        ("bounce api and web", "restart Deployment/api, restart Deployment/web"),
        ("roll payments back to what ran before", "rollback Deployment/payments"),
        ("revert checkout to its previous version", "rollback Deployment/checkout"),
        ("delete the deployment old-web", "delete Deployment/old-web"),
        ("get rid of the tidy cronjob", "delete CronJob/tidy"),
        ("kill the namespace team-red", "delete Namespace/team-red"),
        ("suspend the cronjob tidy", "patch CronJob/tidy"),
        ("grow the uploads claim to 5Gi", "patch PersistentVolumeClaim/uploads"),
        ("create a service account called robot", "create ServiceAccount/robot"),
        ("claim 3Gi of storage called photos", "create PersistentVolumeClaim/photos"),
        ("block all incoming traffic in this namespace", "create NetworkPolicy/default-deny"),
        ("list the pods", ""),
        ("how many deployments are there", ""),
        ("what is checkout?", ""),
    ],
)
def test_what_is_done(request_: str, done: str) -> None:
    listed = [f"{o.do} {o.target.kind}/{o.target.name}" for o in read(request_).operations]
    assert ", ".join(listed) == done


def test_a_deployment_with_all_that_was_told() -> None:
    plan = read(
        "run localhost/shop:1 as billing with 2 replicas, requests of 100m cpu and 64Mi memory and "
        "limits of 200m and 128Mi, env MODE=prod, readiness probe on /ready port 8080"
    )
    made = content(plan)
    assert (made["kind"], made["metadata"]["name"], made["spec"]["replicas"]) == (
        "Deployment",
        "billing",
        2,
    )
    assert container(plan) == {
        "name": "shop",
        "image": "localhost/shop:1",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "MODE", "value": "prod"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi"},
            "limits": {"cpu": "200m", "memory": "128Mi"},
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    }


def test_two_containers_by_name() -> None:
    plan = read(
        "Spin up a pod with two containers: web running nginx:1.27 and log running busybox:1.36 "
        "with the command 'tail -f /dev/null'"
    )
    first, second = content(plan)["spec"]["containers"]
    assert (first["name"], first["image"]) == ("web", "nginx:1.27")
    assert (second["name"], second["command"]) == ("log", ["sh", "-c", "tail -f /dev/null"])


def test_mounts_of_a_config_map_and_a_secret() -> None:
    plan = read(
        "deploy an app called mailer using image localhost/shop:2 with the config map settings "
        "mounted at /etc/mailer and the secret db-login mounted at /etc/keys"
    )
    spec = content(plan)["spec"]["template"]["spec"]
    sources = [{k: v for k, v in one.items() if k != "name"} for one in spec["volumes"]]
    assert sources == [
        {"configMap": {"name": "settings"}},
        {"secret": {"secretName": "db-login"}},
    ]
    assert [m["mountPath"] for m in container(plan)["volumeMounts"]] == ["/etc/mailer", "/etc/keys"]


def test_a_service_and_where_it_leads() -> None:
    plan = read("expose frontend inside the cluster on port 80 going to 8080")
    assert content(plan)["spec"] == {
        "selector": {"app": "frontend"},
        "ports": [{"port": 80, "targetPort": 8080}],
    }


def test_what_is_made_is_exposed_in_the_same_breath() -> None:
    plan = read("deploy nginx:1.27 as landing with 2 replicas, and expose it on port 80")
    assert [str(one.target) for one in plan.operations] == [
        "Deployment/landing in team",
        "Service/landing in team",
    ]


def test_two_wishes_for_one_object_are_one_change() -> None:
    plan = read("scale checkout to 3 and set its image to localhost/shop:2")
    assert len(plan.operations) == 1
    assert content(plan)["spec"]["replicas"] == 3
    assert container(plan)["image"] == "localhost/shop:2"


def test_amounts_for_a_container() -> None:
    plan = read("give the api half a core and 256Mi")
    amounts = {"cpu": "500m", "memory": "256Mi"}
    assert container(plan)["resources"] == {"requests": amounts, "limits": amounts}
    plan = read("please set the memory limit of checkout to 512Mi and its cpu request to 250m")
    assert container(plan)["resources"] == {
        "limits": {"memory": "512Mi"},
        "requests": {"cpu": "250m"},
    }


def test_a_switch_changes_only_the_label_that_differs() -> None:
    for request in ("switch shop over to green", "cut over the shop service from blue to green"):
        assert content(read(request))["spec"] == {"selector": {"version": "green"}}


def test_a_canary_is_selected_by_the_same_service() -> None:
    plan = read("start a canary of api with localhost/shop:2 for 25% of traffic")
    spec = content(plan)["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert (spec["replicas"], labels) == (2, {"app": "api", "track": "canary"})
    assert spec["selector"]["matchLabels"] == labels


def test_an_autoscaler_has_both_bounds() -> None:
    spec = content(read("let checkout scale between 2 and 8 replicas when cpu is above 60%"))[
        "spec"
    ]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 8)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 60


def test_a_namespace_with_its_quota_and_defaults() -> None:
    plan = read(
        "create a namespace called squad with a quota of 10 pods and 4Gi memory and default limits "
        "of 200m cpu and 128Mi memory"
    )
    assert [one.target.kind for one in plan.operations] == [
        "Namespace",
        "ResourceQuota",
        "LimitRange",
    ]
    assert content(plan, 1)["spec"]["hard"]["pods"] == "10"
    assert content(plan, 2)["spec"]["limits"][0]["default"] == {"cpu": "200m", "memory": "128Mi"}


def test_a_role_is_bound_to_whom_it_is_for() -> None:
    plan = read("create a service account robot that can get and list pods")
    account, role, binding = (content(plan, place) for place in range(3))
    assert account["metadata"]["name"] == "robot"
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    assert binding["subjects"][0]["name"] == "robot"


def test_who_may_reach_whom() -> None:
    requests = (
        "only frontend may talk to backend on port 8080",
        "allow traffic from frontend to backend on port 8080 only",
    )
    for request in requests:
        spec = content(read(request))["spec"]
        assert spec["podSelector"] == {"matchLabels": {"app": "backend"}}
        (rule,) = spec["ingress"]
        assert rule["from"] == [{"podSelector": {"matchLabels": {"app": "frontend"}}}]
        assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_a_schedule_in_words() -> None:
    request = "schedule a job called sweep with busybox:1.36 to run 'echo sweep' every night at 2am"
    spec = content(read(request))["spec"]
    assert spec["schedule"] == "0 2 * * *"
    (one,) = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert one["command"] == ["sh", "-c", "echo sweep"]


def test_each_stateful_pod_has_a_disk_of_its_own() -> None:
    request = "create a statefulset cache with image nginx:1.27, 2 replicas and 1Gi of storage each"
    plan = read(request)
    assert [one.target.kind for one in plan.operations] == ["Service", "StatefulSet"]
    (template,) = content(plan, 1)["spec"]["volumeClaimTemplates"]
    assert template["spec"]["resources"]["requests"] == {"storage": "1Gi"}


@pytest.mark.parametrize(
    ("name", "example"), [(one.name, example) for one in INTENTS for example in one.examples]
)
def test_an_example_speaks_most_for_its_intent(name: str, example: str) -> None:
    assert ranked(Sentence(tuple(tokens(example))))[0][1].name == name
