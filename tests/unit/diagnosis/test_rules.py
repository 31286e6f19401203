"""Each rule on objects as the API server tells them: what it finds, what it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phaseline.operators.ai_operations.diagnosis.common import relapsing
from phaseline.operators.ai_operations.diagnosis.diagnosing import found
from phaseline.operators.ai_operations.diagnosis.finding import Cause
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, pod_spec
from tests.unit.diagnosis.made import (
    PLACE,
    Made,
    before,
    container,
    crashed,
    event,
    node,
    pod,
    service,
    snapshot,
    state,
    thing,
    waits,
    web,
    with_state,
)

WEB = Ref("Deployment", PLACE, "web")


def first(*objects: Made, log: str = "", **told: Any) -> Cause:
    """The cause at the top of the list."""
    return found(snapshot(*objects, log=log, **told), PLACE)[0]


def codes(*objects: Made, log: str = "", **told: Any) -> list[str]:
    """The rules of all causes, without symptoms."""
    return [
        one.rule for one in found(snapshot(*objects, log=log, **told), PLACE) if not one.symptom
    ]


def after(cause: Cause) -> Any:
    """What the one edit of a cause makes of its object."""
    (edit,) = cause.edits
    assert edit.after is not None
    return edit.after


def main(cause: Cause) -> Object:
    """The first container of what a cause's edit makes."""
    made: Object = pod_spec(after(cause))["containers"][0]
    return made


def test_a_tag_that_does_not_exist() -> None:
    cause = first(
        *waits(web(container(image="shop/web:9")), "ErrImageNeverPull"), node("shop/web:1")
    )
    assert (cause.rule, cause.subject, main(cause)["image"]) == ("image-name", WEB, "shop/web:1")


def test_of_two_tags_the_one_of_the_revision_before() -> None:
    objects = waits(web(container(image="shop/web:9")), "ImagePullBackOff")
    objects.append(before("web", container(image="shop/web:4")))
    assert main(first(*objects, node("shop/web:1", "shop/web:4")))["image"] == "shop/web:4"


def test_a_name_that_is_nearly_one() -> None:
    for wrong in ("shop/wbe:1", "Shop/Web:1", "registry.example.com/shop/web:1"):
        objects = waits(web(container(image=wrong)), "InvalidImageName")
        assert main(first(*objects, node("docker.io/shop/web:1")))["image"] == "shop/web:1"


def test_an_image_that_is_nowhere_is_not_guessed() -> None:
    cause = first(*waits(web(container(image="other/thing:9")), "ErrImagePull"), node("shop/web:1"))
    assert (cause.rule, cause.edits) == ("image", ())
    assert cause.advice


def test_a_pull_policy_that_asks_a_registry() -> None:
    objects = waits(web(container(imagePullPolicy="Always")), "ErrImagePull")
    cause = first(*objects, node("shop/web:1"))
    assert (cause.rule, main(cause)["imagePullPolicy"]) == ("image-policy", "IfNotPresent")


def test_a_missing_pull_secret() -> None:
    objects = waits(web(container(image="far.example/x:1")), "ErrImagePull", "401 unauthorized")
    secret = thing("Secret", "far", type="kubernetes.io/dockerconfigjson", data={})
    cause = first(*objects, secret)
    assert pod_spec(after(cause))["imagePullSecrets"] == [{"name": "far"}]


def _env(kind: str, name: str, key: str) -> list[Made]:
    source = {kind: {"name": name, "key": key}}
    return web(container(env=[{"name": "WORD", "valueFrom": source}]))


def test_a_secret_with_another_name() -> None:
    held = thing("Secret", "database-login", data={"password": ""})
    objects = waits(_env("secretKeyRef", "databse-login", "password"), "CreateContainerConfigError")
    cause = first(*objects, held)
    assert cause.rule == "missing-secret"
    assert main(cause)["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "database-login"


def test_a_secret_that_nobody_has_is_not_invented() -> None:
    objects = waits(_env("secretKeyRef", "login", "password"), "CreateContainerConfigError")
    cause = first(*objects, thing("Secret", "unlike", data={"other": ""}))
    assert (cause.rule, cause.edits) == ("missing-secret", ())


def test_a_key_with_another_name() -> None:
    held = thing("ConfigMap", "settings", data={"log-level": "x", "colour": "y"})
    objects = waits(_env("configMapKeyRef", "settings", "log_level"), "CreateContainerConfigError")
    cause = first(*objects, held)
    assert main(cause)["env"][0]["valueFrom"]["configMapKeyRef"]["key"] == "log-level"


def test_a_volume_of_a_config_map_that_is_missing() -> None:
    objects = web(volumes=[{"name": "v", "configMap": {"name": "setings"}}])
    cause = first(*objects, thing("ConfigMap", "settings", data={"a": "b"}))
    assert pod_spec(after(cause))["volumes"][0]["configMap"]["name"] == "settings"


def test_what_is_optional_may_be_missing() -> None:
    source = {"configMapRef": {"name": "none", "optional": True}}
    objects = web(container(envFrom=[source]), up=True)
    assert codes(*objects) == []


def test_a_claim_with_another_name() -> None:
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "dta"}}
    claim = thing("PersistentVolumeClaim", "data", spec={}, status={"phase": "Bound"})
    cause = first(*web(volumes=[volume]), claim)
    assert pod_spec(after(cause))["volumes"][0]["persistentVolumeClaim"]["claimName"] == "data"


def _claim(storage: str | None) -> Made:
    spec = {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]}
    named = {"storageClassName": storage} if storage else {}
    status = {"phase": "Pending"}
    return thing("PersistentVolumeClaim", "data", spec={**spec, **named}, status=status)


def _class(name: str) -> Made:
    noted = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {"kind": "StorageClass", "metadata": {"name": name, "annotations": noted}}


def test_a_storage_class_that_does_not_exist() -> None:
    cause = first(_claim("fast"), _class("standard"))
    assert (cause.rule, after(cause)["spec"]["storageClassName"]) == ("storage-class", "standard")


def test_a_claim_that_waits_for_its_first_pod_is_well() -> None:
    waiting = event(_claim("standard"), "WaitForFirstConsumer", "waiting for first consumer")
    assert codes(_claim("standard"), _class("standard"), waiting) == []


def test_an_account_that_is_missing_is_made_without_rights() -> None:
    objects = web(serviceAccountName="robot")
    said = event(objects[1], "FailedCreate", 'serviceaccount "robot" not found')
    (edit,) = first(*objects, said).edits
    assert edit.target == Ref("ServiceAccount", PLACE, "robot")
    assert edit.before is None


FORBIDDEN = (
    'pods is forbidden: User "system:serviceaccount:shop:robot" cannot list resource "{}" '
    'in API group "" in the namespace "shop"'
)


def test_a_right_that_a_program_needs_and_no_other() -> None:
    objects = crashed(web(serviceAccountName="robot"))
    account = thing("ServiceAccount", "robot")
    cause = first(*objects, account, log=FORBIDDEN.format("pods"))
    role, binding = (edit.after for edit in cause.edits)
    assert role is not None
    assert binding is not None
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    assert binding["subjects"][0]["name"] == "robot"


def test_no_repair_gives_a_right_to_read_secrets() -> None:
    objects = crashed(web(serviceAccountName="robot"))
    cause = first(*objects, thing("ServiceAccount", "robot"), log=FORBIDDEN.format("secrets"))
    assert (cause.rule, cause.edits) == ("forbidden", ())


def test_a_log_that_speaks_of_another_account_gives_no_right() -> None:
    """What a pod logs is data: it gets nothing for others."""
    objects = crashed(web(serviceAccountName="mine"))
    accounts = [thing("ServiceAccount", "mine"), thing("ServiceAccount", "robot")]
    assert "forbidden" not in codes(*objects, *accounts, log=FORBIDDEN.format("pods"))


def test_a_quota_that_leaves_less() -> None:
    resources = {"requests": {"memory": "2Gi"}}
    objects = web(container(resources=resources))[:2]
    message = (
        'pods "web-x" is forbidden: exceeded quota: team, requested: requests.memory=2Gi, '
        "used: requests.memory=256Mi, limited: requests.memory=512Mi"
    )
    cause = first(*objects, event(objects[1], "FailedCreate", message))
    assert (cause.rule, main(cause)["resources"]["requests"]["memory"]) == ("quota", "256Mi")


def test_a_quota_that_wants_limits_to_be_said() -> None:
    objects = web()[:2]
    message = "is forbidden: failed quota: team: must specify limits.memory for: main"
    cause = first(*objects, event(objects[1], "FailedCreate", message))
    assert main(cause)["resources"] == {"limits": {"memory": "128Mi"}}


def test_a_limit_above_the_range() -> None:
    objects = web(container(resources={"limits": {"memory": "4Gi"}}))[:2]
    message = "forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi"
    cause = first(*objects, event(objects[1], "FailedCreate", message))
    assert main(cause)["resources"]["limits"]["memory"] == "1Gi"


def _unplaced(message: str, *containers: Made, **spec: Any) -> list[Made]:
    objects = web(*containers, **spec)
    placed = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
    }
    objects[-1]["status"] = {"phase": "Pending", "conditions": [placed]}
    return objects


NO_NODE = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."


def test_a_node_selector_that_is_nearly_a_label() -> None:
    cause = first(*_unplaced(NO_NODE, nodeSelector={"disk": "sdd"}), node())
    assert pod_spec(after(cause))["nodeSelector"] == {"disk": "ssd"}


def test_a_node_selector_that_no_node_is_like() -> None:
    cause = first(*_unplaced(NO_NODE, nodeSelector={"gpu": "a100"}), node())
    assert (cause.rule, "nodeSelector" in pod_spec(after(cause))) == ("node-selector", False)


def test_a_taint() -> None:
    taint = {"key": "only", "value": "batch", "effect": "NoSchedule"}
    message = "0/1 nodes are available: 1 node(s) had untolerated taint {only: batch}."
    cause = first(*_unplaced(message), node(taints=[taint]))
    expected = {"key": "only", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}
    assert pod_spec(after(cause))["tolerations"] == [expected]


def test_more_than_any_node_has() -> None:
    big = container(resources={"requests": {"cpu": "64"}})
    cause = first(*_unplaced("0/1 nodes are available: 1 Insufficient cpu.", big), node())
    assert main(cause)["resources"]["requests"]["cpu"] == "100m"


def test_a_full_node_is_told_and_nothing_is_lowered() -> None:
    modest = container(resources={"requests": {"cpu": "2"}})
    cause = first(*_unplaced("0/1 nodes are available: 1 Insufficient cpu.", modest), node())
    assert (cause.rule, cause.edits) == ("insufficient-cpu", ())


def test_a_port_of_the_node_that_is_taken() -> None:
    port = container(ports=[{"containerPort": 8080, "hostPort": 80}])
    message = (
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."
    )
    assert main(first(*_unplaced(message, port), node()))["ports"] == [{"containerPort": 8080}]


def test_a_command_that_the_image_does_not_have() -> None:
    wrong = container(command=["/bin/wbe"], args=["serve"])
    objects = crashed(web(wrong), 128, "StartError", 'exec: "/bin/wbe": no such file or directory')
    cause = first(*objects)
    assert cause.rule == "command"
    assert "command" not in main(cause)
    assert main(cause)["args"] == ["serve"]


def test_the_command_of_the_revision_before() -> None:
    objects = crashed(web(container(command=["/x"])), 127)
    objects.append(before("web", container(command=["/bin/web"])))
    assert main(first(*objects))["command"] == ["/bin/web"]


def test_an_argument_that_is_nearly_one() -> None:
    objects = crashed(web(container(args=["srve"])), 2)
    log = "error: argument command: invalid choice: 'srve' (choose from 'serve', 'migrate')"
    assert main(first(*objects, log=log))["args"] == ["serve"]


def test_a_root_file_system_that_is_read_only() -> None:
    log = "OSError: [Errno 30] Read-only file system: '/var/cache/web/index.db'"
    cause = first(*crashed(web()), log=log)
    spec = pod_spec(after(cause))
    assert spec["containers"][0]["volumeMounts"][0]["mountPath"] == "/var/cache/web"
    assert spec["volumes"][0]["emptyDir"] == {}


def test_a_volume_that_its_user_may_not_write() -> None:
    mount = [{"name": "v", "mountPath": "/data"}]
    objects = web(container(volumeMounts=mount), securityContext={"runAsUser": 10001})
    log = "open /data/x: permission denied"
    cause = first(*crashed(objects), log=log)
    assert pod_spec(after(cause))["securityContext"]["fsGroup"] == 10001


def test_a_variable_with_another_name() -> None:
    objects = crashed(web(container(env=[{"name": "DATABSE_URL", "value": "x"}])))
    cause = first(*objects, log="KeyError: 'DATABASE_URL'")
    assert main(cause)["env"][0]["name"] == "DATABASE_URL"


def test_of_two_variables_that_would_do_the_one_that_is_nearly_there() -> None:
    objects = crashed(web(container(env=[{"name": "POSTGRES_PASWORD", "value": "planted"}])))
    log = "entrypoint: neither POSTGRES_PASSWORD_FILE nor POSTGRES_PASSWORD is given"
    cause = first(*objects, log=log)
    assert main(cause)["env"] == [{"name": "POSTGRES_PASSWORD", "value": "planted"}]
    assert "planted" not in str((cause.what, cause.evidence, cause.edits[0].what))


def test_what_a_log_says_in_passing_is_no_missing_variable() -> None:
    assert "variable" not in codes(*crashed(web()), log="LOG_LEVEL=info; MAX_CONNECTIONS is 20")


def test_secrets_in_a_log_are_not_evidence() -> None:
    log = "OperationalError at postgres://todo:planted-pw@db/x\npassword=planted-pw"
    (one,) = found(snapshot(*crashed(web()), log=log), PLACE)
    assert "planted-pw" not in str(one.evidence)
    assert "OperationalError at postgres://" in str(one.evidence)


def test_a_variable_of_another_workload_of_the_image() -> None:
    other = web(container(env=[{"name": "SITE_NAME", "value": "x"}]), name="good", up=True)
    cause = first(*crashed(web()), *other, log="SITE_NAME is required")
    assert main(cause)["env"] == [{"name": "SITE_NAME", "value": "x"}]


def test_too_little_memory() -> None:
    limited = container(resources={"limits": {"memory": "100Mi"}})
    cause = first(*crashed(web(limited), 137, "OOMKilled"))
    assert (cause.rule, main(cause)["resources"]["limits"]["memory"]) == ("memory", "256Mi")


def test_an_end_by_signal_is_not_taken_for_lack_of_memory() -> None:
    limited = container(resources={"limits": {"memory": "100Mi"}})
    assert codes(*crashed(web(limited), 137, "Error")) == []


def _of(kind: str, probe: Made) -> dict[str, Any]:
    return {kind: probe}


def _probed(kind: str, message: str, probe: Made, *, restarts: int = 0) -> list[Made]:
    ports = [{"containerPort": 8080, "name": "http"}]
    objects = with_state(
        web(container(ports=ports, **_of(kind, probe))), state(restarts=restarts, running={})
    )
    said = f"{kind.removesuffix('Probe').capitalize()} probe failed: {message}"
    return [*objects, event(objects[-1], "Unhealthy", said)]


REFUSED = 'Get "http://10.0.0.1:9090/": dial tcp 10.0.0.1:9090: connect: connection refused'


def test_a_probe_of_another_port() -> None:
    objects = _probed("readinessProbe", REFUSED, {"httpGet": {"path": "/", "port": 9090}})
    for ports in (frozenset({8080}), None):
        cause = first(*objects, listening=lambda pod, ports=ports: ports)
        assert (cause.rule, main(cause)["readinessProbe"]["httpGet"]["port"]) == (
            "probe-port",
            8080,
        )


def test_a_probe_of_another_path_asks_where_the_program_answers() -> None:
    message = "HTTP probe failed with statuscode: 404"
    objects = _probed(
        "livenessProbe", message, {"httpGet": {"path": "/helthz", "port": 8080}}, restarts=2
    )
    cause = first(
        *objects,
        listening=lambda pod: frozenset({8080}),
        answers=lambda pod, port, path: 200 if path in ("/healthz", "/") else 404,
    )
    assert main(cause)["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": 8080}


def test_a_probe_by_the_wrong_scheme() -> None:
    message = "http: server gave HTTP response to HTTPS client"
    objects = _probed("readinessProbe", message, {"httpGet": {"port": 8080, "scheme": "HTTPS"}})
    assert main(first(*objects))["readinessProbe"]["httpGet"]["scheme"] == "HTTP"


def test_a_probe_without_patience() -> None:
    message = "context deadline exceeded (Client.Timeout exceeded)"
    objects = _probed("readinessProbe", message, {"httpGet": {"port": 8080}, "timeoutSeconds": 1})
    assert main(first(*objects))["readinessProbe"]["timeoutSeconds"] == 5


def test_a_program_that_is_killed_while_it_starts_gets_time() -> None:
    probe = {"httpGet": {"port": 8080}, "periodSeconds": 2, "failureThreshold": 2}
    objects = _probed("livenessProbe", REFUSED.replace("9090", "8080"), probe, restarts=2)
    for code, expected in ((137, "probe-timing"), (1, None)):
        last = {"exitCode": code, "reason": "Error"}
        with_state(objects[:3], state(restarts=2, running={}, last=last))
        assert next(iter(codes(*objects)), None) == expected


def test_a_probe_by_a_program_that_is_not_there() -> None:
    message = 'exec: "curl": executable file not found in $PATH'
    objects = _probed("readinessProbe", message, {"exec": {"command": ["curl", "x"]}})
    assert main(first(*objects))["readinessProbe"] == {"tcpSocket": {"port": 8080}}


def test_no_probe_is_ever_taken_away() -> None:
    for message in (REFUSED, "HTTP probe failed with statuscode: 404", "context deadline exceeded"):
        objects = _probed(
            "livenessProbe", message, {"httpGet": {"port": 9, "path": "/x"}}, restarts=3
        )
        for cause in found(snapshot(*objects), PLACE):
            assert all("livenessProbe" in main(cause) for _ in cause.edits)


def test_a_probe_that_failed_once_before_it_was_ready_is_well() -> None:
    objects = _probed("readinessProbe", REFUSED, {"httpGet": {"port": 8080}})
    objects[2]["status"]["containerStatuses"][0]["ready"] = True
    objects[0]["status"]["availableReplicas"] = 1
    assert codes(*objects) == []


def test_a_selector_that_takes_no_pod() -> None:
    cause = first(*web(up=True), service("web", {"app": "wbe"}))
    assert after(cause)["spec"]["selector"] == {"app": "web"}


def test_a_selector_with_another_key() -> None:
    cause = first(*web(up=True), service("web", {"application": "web"}))
    assert after(cause)["spec"]["selector"] == {"app": "web"}


def test_a_selector_that_may_mean_two() -> None:
    both = [*web(name="web-a", up=True), *web(name="web-b", up=True)]
    assert first(*both, service("web", {"app": "web-"})).edits == ()


def test_a_service_to_another_port() -> None:
    objects = web(container(ports=[{"containerPort": 8000, "name": "http"}]), up=True)
    cause = first(*objects, service("web", {"app": "web"}))
    assert after(cause)["spec"]["ports"][0]["targetPort"] == 8000


def test_a_port_that_is_open_and_not_declared_is_well() -> None:
    objects = web(container(ports=[{"containerPort": 8000}]), up=True)
    with_state(objects, state(ready=True, running={}))
    heard = frozenset({8000, 8080})
    found_ = codes(*objects, service("web", {"app": "web"}), listening=lambda pod: heard)
    assert found_ == []


def test_a_host_that_is_no_service() -> None:
    url = [{"name": "DATABASE_URL", "value": "postgres://u:secret@databse:5432/x"}]
    database = [*web(name="db", up=True), service("database", {"app": "db"}, {"port": 5432})]
    log = 'could not translate host name "databse" to address: Name or service not known'
    cause = first(*crashed(web(container(env=url))), *database, log=log)
    assert main(cause)["env"][0]["value"] == "postgres://u:secret@database:5432/x"
    shown = (cause.what, *cause.evidence, *(edit.what for edit in cause.edits))
    assert not any("secret" in text for text in shown)


def test_a_port_that_the_service_does_not_have() -> None:
    env = [{"name": "DB_HOST", "value": "db"}, {"name": "DB_PORT", "value": "5433"}]
    database = [*web(name="db", up=True), service("db", {"app": "db"}, {"port": 5432})]
    cause = first(*crashed(web(container(env=env))), *database, log="connection to db:5433 refused")
    assert main(cause)["env"][1]["value"] == "5432"


def test_a_host_elsewhere_is_nobodys_fault() -> None:
    env = [
        {"name": "API_URL", "value": "https://api.example.com/v1"},
        {"name": "MODE", "value": "db"},
    ]
    objects = crashed(web(container(env=env)))
    assert codes(*objects, service("dbs", {"app": "web"}), log="connect: refused") == []


def test_a_policy_that_lets_in_another() -> None:
    env = [{"name": "DB_HOST", "value": "db"}]
    database = [*web(name="db", up=True), service("db", {"app": "db"}, {"port": 5432})]
    peer = {"podSelector": {"matchLabels": {"app": "weeb"}}}
    spec = {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [peer]}]}
    policy = thing("NetworkPolicy", "db", spec=spec)
    objects = crashed(web(container(env=env)))
    cause = first(*objects, *database, policy, log="connection to db timed out")
    assert after(cause)["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == {
        "app": "web"
    }
    peer["podSelector"]["matchLabels"]["app"] = "web"
    assert codes(*objects, *database, policy, log="connection to db timed out") == []


def _scaler(target: str) -> Made:
    wanted = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    metrics = [{"type": "Resource", "resource": wanted}]
    reference = {"kind": "Deployment", "name": target}
    return thing(
        "HorizontalPodAutoscaler", "h", spec={"scaleTargetRef": reference, "metrics": metrics}
    )


def test_an_autoscaler_of_nothing() -> None:
    cause = first(*web(container(resources={"requests": {"cpu": "1"}}), up=True), _scaler("wbe"))
    assert after(cause)["spec"]["scaleTargetRef"]["name"] == "web"


def test_an_autoscaler_by_what_is_not_asked_for() -> None:
    cause = first(*web(up=True), _scaler("web"))
    assert main(cause)["resources"]["requests"] == {"cpu": "100m"}


def test_an_ingress_to_nobody() -> None:
    path = {"backend": {"service": {"name": "wbe", "port": {"number": 80}}}}
    ingress = thing("Ingress", "i", spec={"rules": [{"http": {"paths": [path]}}]})
    ports = container(ports=[{"containerPort": 8080}])
    cause = first(*web(ports, up=True), service("web", {"app": "web"}), ingress)
    made = after(cause)["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert made == {"name": "web", "port": {"number": 80}}


def test_nothing_runs_because_it_is_scaled_to_none() -> None:
    objects = web()[:2]
    objects[0]["spec"]["replicas"] = 0
    cause = first(*objects, service("web", {"app": "web"}))
    assert (cause.rule, after(cause)["spec"]["replicas"]) == ("no-replicas", 1)


def test_a_rollout_that_is_paused() -> None:
    objects = web()
    objects[0]["spec"]["paused"] = True
    objects[0]["status"]["updatedReplicas"] = 0
    assert after(first(*objects))["spec"]["paused"] is False


def test_a_suspension_is_told_to_who_asks_for_it_only() -> None:
    template = {"spec": {"template": {"spec": {"containers": [container()]}}}}
    job = thing(
        "CronJob", "night", spec={"suspend": True, "schedule": "0 1 * * *", "jobTemplate": template}
    )
    assert codes(job) == []
    (cause,) = found(snapshot(job), PLACE, Ref("CronJob", PLACE, "night"))
    assert after(cause)["spec"]["suspend"] is False


def test_a_budget_that_lets_nobody_go() -> None:
    status = {"expectedPods": 2, "currentHealthy": 2, "disruptionsAllowed": 0}
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
    cause = first(thing("PodDisruptionBudget", "b", spec=spec, status=status))
    assert after(cause)["spec"]["minAvailable"] == 1


def test_a_finalizer_is_told_and_not_taken_away_unasked() -> None:
    held = thing("ConfigMap", "c", data={})
    held["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x.dev/hold"]}
    cause = first(held)
    assert (cause.rule, cause.confidence < 0.6) == ("finalizer", True)


def test_a_webhook_that_does_not_answer() -> None:
    objects = web()[:2]
    message = 'Internal error occurred: failed calling webhook "guard.x.dev": no endpoints'
    assert first(*objects, event(objects[1], "FailedCreate", message)).rule == "webhook"


def test_nothing_is_wrong_with_what_is_well() -> None:
    ports = [{"containerPort": 8080, "name": "http"}]
    probe = {"httpGet": {"path": "/", "port": "http"}}
    env = [{"name": "SELF_URL", "value": "http://web:80/"}]
    objects = web(container(ports=ports, readinessProbe=probe, env=env), up=True)
    objects[-1]["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    with_state(objects, state(ready=True, running={}))
    assert found(snapshot(*objects, service("web", {"app": "web"}), node()), PLACE) == []


def test_a_pod_of_its_own() -> None:
    alone = pod("alone", {"containers": [container(image="shop/web:9")]}, {})
    waits([alone], "ErrImageNeverPull")
    cause = first(alone, node("shop/web:1"))
    assert cause.subject == Ref("Pod", PLACE, "alone")


@pytest.mark.parametrize(
    ("seconds", "end", "relapses"),
    [
        (5, {"exitCode": 1, "reason": "Error"}, True),
        (300, {"exitCode": 1, "reason": "Error"}, False),
        (5, {"exitCode": 0, "reason": "Completed"}, False),
        (5, {"exitCode": 255, "reason": "Unknown"}, False),
        (5, {}, False),
    ],
)
def test_a_container_that_has_just_come_back_is_not_well(
    seconds: float, end: dict[str, Any], relapses: bool
) -> None:
    began = (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    state = {"running": {"startedAt": began}}
    status = {"ready": True, "state": state, "lastState": {"terminated": end} if end else {}}
    assert relapsing(status) is relapses
