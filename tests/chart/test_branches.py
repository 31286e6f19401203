"""What each switch of the chart adds, changes and takes away."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.manifest import Object
from tests.chart.conftest import Rendered

BACKEND, FRONTEND = "Deployment/todo-app-backend", "Deployment/todo-app-frontend"


def of(rendered: dict[str, Object], kind: str) -> dict[str, Any]:
    """The only object of a kind."""
    (one,) = [one for title, one in rendered.items() if title.startswith(f"{kind}/")]
    return dict(one)


def pod(one: Object) -> Any:
    return one["spec"]["template"]["spec"]


def kinds(rendered: dict[str, Object]) -> set[str]:
    return {one["kind"] for one in rendered.values()}


def test_a_database_elsewhere_leaves_none_here(objects: Rendered) -> None:
    rendered = objects("external-database")
    assert not {"StatefulSet", "Secret"} & kinds(rendered)
    assert not any(title.endswith(("-database", "-database-pods")) for title in rendered)
    for one in (rendered[BACKEND], of(rendered, "Job")):
        (container,) = pod(one)["containers"]
        source = container["env"][0]["valueFrom"]["secretKeyRef"]
        assert source == {"name": "todo-elsewhere", "key": "url"}


def test_a_database_elsewhere_wins_over_a_secret_for_one_here(objects: Rendered) -> None:
    values = {
        "database": {"existingSecret": "here"},
        "externalDatabase": {"existingSecret": "there"},
    }
    rendered = objects(values)
    assert "StatefulSet" not in kinds(rendered)
    variable = pod(rendered[BACKEND])["containers"][0]["env"][0]
    assert variable["valueFrom"]["secretKeyRef"]["name"] == "there"


def test_settings_of_the_users_own(objects: Rendered) -> None:
    rendered = objects("existing")
    assert not {"ConfigMap", "Secret"} & kinds(rendered)
    for container in (
        pod(rendered[BACKEND])["initContainers"] + pod(rendered[BACKEND])["containers"]
    ):
        assert container["envFrom"] == [{"configMapRef": {"name": "todo-settings"}}]
    volumes = {volume["name"]: volume for volume in pod(rendered[FRONTEND])["volumes"]}
    assert volumes["upstream"]["configMap"] == {"name": "todo-upstream"}
    for title in (BACKEND, FRONTEND, "StatefulSet/todo-app-database"):
        assert pod(rendered[title])["imagePullSecrets"] == [{"name": "todo-registry"}]
    for title in (BACKEND, FRONTEND):
        assert "annotations" not in rendered[title]["spec"]["template"]["metadata"]


def test_a_new_version_of_the_chart_rolls_no_pods(objects: Rendered) -> None:
    annotations = objects()[BACKEND]["spec"]["template"]["metadata"]["annotations"]
    assert set(annotations) == {"checksum/settings"}
    assert "0.2.0" not in str(objects()[BACKEND]["spec"])


def test_the_revision_stands_beside_its_image(objects: Rendered) -> None:
    rendered = objects({"backend": {"image": {"tag": "abc"}}})
    variables = pod(rendered[BACKEND])["containers"][0]["env"]
    assert {"name": "TODO_REVISION", "value": "abc"} in variables
    assert rendered["ConfigMap/todo-app-backend"]["data"].keys() == {
        "TODO_LOG_FORMAT",
        "TODO_LOG_LEVEL",
    }


def test_a_job_migrates_beside_the_rollout(objects: Rendered) -> None:
    rendered = objects({"backend": {"migrationWait": 5}})
    assert "initContainers" not in pod(rendered[BACKEND])
    job = of(rendered, "Job")
    assert pod(job)["containers"][0]["args"] == ["migrate", "--wait", "5"]
    assert pod(job)["restartPolicy"] == "OnFailure"
    assert "annotations" not in job["metadata"], "a hook before the install finds no database"
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "migration"


def test_each_pod_migrates_before_it_serves(objects: Rendered) -> None:
    rendered = objects({"backend": {"migration": "init"}})
    (migrate,) = pod(rendered[BACKEND])["initContainers"]
    assert migrate["args"] == ["migrate", "--wait", "60"]
    assert migrate["image"] == pod(rendered[BACKEND])["containers"][0]["image"]
    assert "Job" not in kinds(rendered)


def test_what_changes_a_job_s_pod_makes_another_job(objects: Rendered) -> None:
    def name(**values: Any) -> str:
        job = of(objects({"backend": values}), "Job")
        return str(job["metadata"]["name"])

    assert name() == name(replicas=3)
    other = [name(), name(image={"tag": "2"}), name(migrationWait=5), name(user=4711)]
    assert len(set(other)) == len(other)
    assert all(len(one) <= 63 for one in other)


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_an_autoscaler_takes_the_place_of_a_number(objects: Rendered, component: str) -> None:
    title = f"HorizontalPodAutoscaler/todo-app-{component}"
    assert title not in objects()
    assert objects()[f"Deployment/todo-app-{component}"]["spec"]["replicas"] == 1
    scaling = {"enabled": True, "minReplicas": 3, "maxReplicas": 9, "cpuPercent": 55}
    rendered = objects({component: {"autoscaling": scaling}})
    assert "replicas" not in rendered[f"Deployment/todo-app-{component}"]["spec"]
    spec = rendered[title]["spec"]
    assert spec["scaleTargetRef"]["name"] == f"todo-app-{component}"
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 9)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 55
    assert len([one for one in rendered if one.startswith("HorizontalPodAutoscaler/")]) == 1


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_a_budget_never_keeps_a_node_from_being_drained(objects: Rendered, component: str) -> None:
    spec = objects()[f"PodDisruptionBudget/todo-app-{component}"]["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("title", [BACKEND, FRONTEND])
def test_pods_spread_where_there_is_room(objects: Rendered, title: str) -> None:
    one = objects()[title]
    for constraint in pod(one)["topologySpreadConstraints"]:
        assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
        assert constraint["labelSelector"] == one["spec"]["selector"]


def test_an_ingress(objects: Rendered) -> None:
    assert "Ingress" not in kinds(objects())
    one = of(objects("everything"), "Ingress")
    assert one["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/proxy-body-size": "1m"}
    assert one["spec"]["ingressClassName"] == "nginx"
    assert one["spec"]["tls"] == [{"secretName": "todo-tls", "hosts": ["todo.example.org"]}]
    (rule,) = one["spec"]["rules"]
    assert rule["host"] == "todo.example.org"
    backend = rule["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "todo-app-frontend", "port": {"name": "http"}}}


def test_an_ingress_of_the_cluster_s_own_class_for_any_host(objects: Rendered) -> None:
    one = of(objects({"ingress": {"enabled": True}}), "Ingress")
    assert set(one["spec"]) == {"rules"}
    assert "annotations" not in one["metadata"]
    assert set(one["spec"]["rules"][0]) == {"http"}
    tls = of(objects({"ingress": {"enabled": True, "tlsSecret": "t"}}), "Ingress")["spec"]["tls"]
    assert tls == [{"secretName": "t"}]


def test_a_route_of_the_gateway_api(objects: Rendered) -> None:
    assert "HTTPRoute" not in kinds(objects())
    spec = of(objects("add-ons"), "HTTPRoute")["spec"]
    assert spec["parentRefs"] == [{"name": "public", "namespace": "gateways"}]
    assert spec["hostnames"] == ["todo.example.org"]
    assert spec["rules"] == [{"backendRefs": [{"name": "todo-app-frontend", "port": 80}]}]
    spec = of(objects("replicated"), "HTTPRoute")["spec"]
    assert spec["parentRefs"] == [{"name": "public"}]
    assert "hostnames" not in spec


def test_a_service_monitor(objects: Rendered) -> None:
    assert "ServiceMonitor" not in kinds(objects())
    one = of(objects("add-ons"), "ServiceMonitor")
    assert one["metadata"]["labels"]["release"] == "prometheus"
    assert one["spec"]["endpoints"] == [{"port": "http", "path": "/metrics", "interval": "15s"}]
    service = objects()["Service/todo-app-backend"]["metadata"]["labels"]
    assert one["spec"]["selector"]["matchLabels"].items() <= service.items()


def test_pods_of_helm_test(objects: Rendered) -> None:
    pods = {t: one for t, one in objects("everything").items() if t.startswith("Pod/")}
    assert set(pods) == {"Pod/todo-app-answers", "Pod/todo-app-fails", "Pod/todo-app-keeps"}
    for one in pods.values():
        assert one["metadata"]["annotations"]["helm.sh/hook"] == "test"
        assert one["spec"]["restartPolicy"] == "Never"
        assert one["spec"]["activeDeadlineSeconds"] == 60
        *_, backend, page = one["spec"]["containers"][0]["command"]
        assert (backend, page) == ("http://todo-app-backend:8000", "http://todo-app-frontend:80")
        compile(one["spec"]["containers"][0]["command"][2], "script", "exec")


def test_the_failing_test_is_there_when_asked_for(objects: Rendered) -> None:
    assert "Pod/todo-app-fails" not in objects()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "get service todo-app-frontend -o jsonpath"),
        ({"frontend": {"service": {"type": "LoadBalancer"}}}, "at the address that this prints"),
        (
            {"frontend": {"service": {"type": "ClusterIP"}}},
            "port-forward service/todo-app-frontend",
        ),
        ({}, "Its volume and the Secret with its password stay"),
        ({"externalDatabase": {"existingSecret": "x"}}, "the Secret x leads to"),
    ],
)
def test_what_is_said_after_an_install(notes: Any, values: dict[str, Any], expected: str) -> None:
    assert expected in notes(values)
