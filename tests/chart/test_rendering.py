"""What the chart renders, and what its values change."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from phaseline.operators.charts.manifest import Object

Rendered = Callable[..., dict[str, Object]]
BACKEND, FRONTEND = "Deployment/todo-app-backend", "Deployment/todo-app-frontend"
DATABASE = "StatefulSet/todo-app-database"
POLICIES = ("backend", "database", "default-deny", "frontend", "migration", "test")
WORKLOADS = (BACKEND, FRONTEND, DATABASE)


def pod(one: Object) -> Any:
    return one["spec"]["template"]["spec"]


def container(one: Object) -> Any:
    return pod(one)["containers"][0]


def test_the_objects_are_these(objects: Rendered) -> None:
    rendered = {title.rpartition("-")[0] if "Job/" in title else title for title in objects()}
    assert rendered == {
        *WORKLOADS,
        "Job/todo-app-migration",
        "ConfigMap/todo-app-backend",
        "ConfigMap/todo-app-frontend",
        *(f"NetworkPolicy/todo-app-{name}" for name in POLICIES),
        "Pod/todo-app-answers",
        "Pod/todo-app-keeps",
        "PodDisruptionBudget/todo-app-backend",
        "PodDisruptionBudget/todo-app-frontend",
        "Secret/todo-app-database",
        "Service/todo-app-backend",
        "Service/todo-app-database",
        "Service/todo-app-database-pods",
        "Service/todo-app-frontend",
        "ServiceAccount/todo-app-backend",
        "ServiceAccount/todo-app-database",
        "ServiceAccount/todo-app-frontend",
    }


def test_nothing_of_another_release_is_named(objects: Rendered) -> None:
    rendered = objects(release="other")
    assert "todo-app-" not in str(rendered).replace("todo-app-0.2.0", "")
    assert all(one["metadata"]["namespace"] == "todo" for one in rendered.values())


@pytest.mark.parametrize("title", WORKLOADS)
def test_start_up_is_asked_after_every_second(objects: Rendered, title: str) -> None:
    assert container(objects()[title])["startupProbe"]["periodSeconds"] == 1


def test_a_database_that_is_away_restarts_no_backend(objects: Rendered) -> None:
    probes = container(objects()[BACKEND])
    assert probes["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert probes["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("title", [BACKEND, FRONTEND])
def test_updates_keep_the_old_pod_until_the_new_one_serves(objects: Rendered, title: str) -> None:
    assert objects()[title]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_the_frontend_is_told_where_the_backend_is(objects: Rendered) -> None:
    settings = objects(release="r1")["ConfigMap/r1-frontend"]["data"]["upstream.conf"]
    first, *servers, last = settings.splitlines()
    assert (first, last) == ("upstream backend {", "}")
    # as often as a connection that was refused is tried again: the Service may lead to another pod
    assert servers == ["  server r1-backend:8000 max_fails=0;"] * 10


@pytest.mark.parametrize("title", [BACKEND, FRONTEND])
def test_a_pod_that_leaves_goes_on_serving(objects: Rendered, title: str) -> None:
    one = objects({"drainSeconds": 7})[title]
    assert container(one)["lifecycle"] == {"preStop": {"sleep": {"seconds": 7}}}
    assert pod(one)["terminationGracePeriodSeconds"] >= 7 + 10
    assert one["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert "lifecycle" not in container(objects({"drainSeconds": 0})[title])


def test_changed_settings_roll_only_their_own_pods(objects: Rendered) -> None:
    before, after = objects(), objects({"backend": {"logLevel": "debug"}})
    templates = [(before[title]["spec"], after[title]["spec"]) for title in WORKLOADS]
    assert [old == new for old, new in templates] == [False, True, True]


def test_image_and_user_come_from_the_values(objects: Rendered) -> None:
    image = {"repository": "registry:5000/a/b", "tag": "1.2"}
    one = objects({"backend": {"image": image, "user": 4711}})[BACKEND]
    assert container(one)["image"] == "registry:5000/a/b:1.2"
    assert pod(one)["securityContext"]["runAsUser"] == 4711
    assert pod(one)["securityContext"]["fsGroup"] == 4711


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({}, ("NodePort", 80, None)),
        ({"nodePort": 30080}, ("NodePort", 80, 30080)),
        ({"type": "ClusterIP", "nodePort": 30080, "port": 8080}, ("ClusterIP", 8080, None)),
        ({"type": "LoadBalancer"}, ("LoadBalancer", 80, None)),
    ],
)
def test_how_the_page_is_reached(
    objects: Rendered, service: dict[str, Any], expected: tuple[str, int, int | None]
) -> None:
    spec = objects({"frontend": {"service": service}})["Service/todo-app-frontend"]["spec"]
    port = spec["ports"][0]
    assert (spec["type"], port["port"], port.get("nodePort")) == expected


def test_the_password_is_in_the_secret_alone(objects: Rendered) -> None:
    rendered = objects()
    secret = rendered.pop("Secret/todo-app-database")
    password = base64.b64decode(secret["data"]["password"]).decode()
    assert base64.b64decode(secret["data"]["url"]).decode() == (
        f"postgresql+psycopg://todo:{password}@todo-app-database:5432/todo"
    )
    assert password not in str(rendered)
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_without_a_cluster_the_password_is_one_that_the_backend_refuses(objects: Rendered) -> None:
    secret = objects()["Secret/todo-app-database"]
    # The word that the backend's settings take for a value that was never filled in.
    assert base64.b64decode(secret["data"]["password"]) == b"placeholder"


def test_a_secret_of_the_users_own(objects: Rendered) -> None:
    rendered = objects({"database": {"existingSecret": "mine"}})
    assert not any(title.startswith("Secret/") for title in rendered)
    variable = container(rendered[BACKEND])["env"][0]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "mine", "key": "url"}
    volumes = {volume["name"]: volume for volume in pod(rendered[DATABASE])["volumes"]}
    assert volumes["password"]["secret"]["secretName"] == "mine"


def test_the_volume(objects: Rendered) -> None:
    claim = objects()[DATABASE]["spec"]["volumeClaimTemplates"][0]["spec"]
    assert "storageClassName" not in claim
    storage = {"size": "5Gi", "className": "fast"}
    claim = objects({"database": {"storage": storage}})[DATABASE]["spec"]["volumeClaimTemplates"][0]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"


def test_the_data_lies_below_the_mount(objects: Rendered) -> None:
    one = container(objects()[DATABASE])
    mounts = {mount["name"]: mount["mountPath"] for mount in one["volumeMounts"]}
    values = {variable["name"]: variable["value"] for variable in one["env"]}
    assert values["PGDATA"].startswith(mounts["data"] + "/")
    # The upstream image declares a volume there, which is lost with the container.
    assert values["PGDATA"] != "/var/lib/postgresql/data"
    assert values["POSTGRES_PASSWORD_FILE"].startswith(mounts["password"] + "/")


def test_labels_that_cannot_be_changed_name_no_version(objects: Rendered) -> None:
    for title in WORKLOADS:
        spec = objects()[title]["spec"]
        fixed = [spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]]
        fixed += [claim["metadata"]["labels"] for claim in spec.get("volumeClaimTemplates", [])]
        assert all(set(labels) == set(fixed[0]) for labels in fixed)
        assert not any("chart" in key or "version" in key for key in fixed[0])
