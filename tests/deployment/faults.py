"""Applications with one fault each, made of the images that the todo application has brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Made = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One fault in a namespace of its own.

    Attributes:
        cause: the code of the root cause; at: the object that is at fault.
        serving: the Service that has endpoints when it is repaired; "" where it has none.
    """

    name: str
    objects: tuple[Made, ...]
    cause: str
    at: str
    serving: str = "harbour"


def _object(api: str, kind: str, name: str, **rest: Any) -> Made:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **rest}


def container(image: str, **other: Any) -> Made:
    """The todo service with a database in a file."""
    ask = {"path": "/readyz", "port": 8000}
    return {
        "name": "main",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["serve", "--host", "0.0.0.0", "--port", "8000"],  # noqa: S104 - in a pod
        "env": [{"name": "TODO_DATABASE_URL", "value": "sqlite:////tmp/todo.db"}],
        "ports": [{"containerPort": 8000, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8000}, "periodSeconds": 1},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in a pod
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": {"httpGet": ask | {"path": "/healthz"}, "periodSeconds": 10},
        **other,
    }


def application(
    main: Made, *, selector: Mapping[str, str] | None = None, **spec: Any
) -> tuple[Made, ...]:
    """A Deployment and its Service, with names that say nothing."""
    labels = {"part": "lighthouse"}
    inner = {"containers": [main], "volumes": [{"name": "tmp", "emptyDir": {}}], **spec}
    inner["terminationGracePeriodSeconds"] = 1
    template = {"metadata": {"labels": labels}, "spec": inner}
    whole = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    ports = [{"port": 80, "targetPort": 8000}]
    service = {"selector": dict(selector or labels), "ports": ports}
    return (
        _object("apps/v1", "Deployment", "beacon", spec=whole),
        _object("v1", "Service", "harbour", spec=service),
    )


def faults(image: str) -> list[Fault]:
    """One of each kind, for the todo service's image."""
    good = container(image)
    probe = {"periodSeconds": 1, "failureThreshold": 3}
    database = {"name": "TODO_DATABASE_URL", "value": "sqlite:////tmp/todo.db"}
    secret = {"secretKeyRef": {"name": "keeper-login", "key": "token"}}
    settings = {"configMapKeyRef": {"name": "charts", "key": "log_level"}}
    small = {"requests": {"memory": "12Mi"}, "limits": {"memory": "12Mi"}}
    greedy = {"requests": {"cpu": "10m", "memory": "900Gi"}}
    large = {"requests": {"cpu": "10m", "memory": "1Gi"}}
    quota = _object("v1", "ResourceQuota", "berths", spec={"hard": {"requests.memory": "200Mi"}})
    repository, _, tag = image.rpartition(":")
    wrong = {**good, "image": f"{repository}:{tag[::-1]}"}
    at = "Deployment/beacon"
    return [
        Fault("tag", application(wrong), "image-name", at),
        Fault(
            "secret",
            (
                *application({**good, "env": [database, {"name": "KEY", "valueFrom": secret}]}),
                _object("v1", "Secret", "keepers-login", stringData={"token": "not-to-be-shown"}),
            ),
            "missing-secret",
            at,
        ),
        Fault(
            "key",
            (
                *application({**good, "env": [database, {"name": "LEVEL", "valueFrom": settings}]}),
                _object("v1", "ConfigMap", "charts", data={"log-level": "info", "tide": "low"}),
            ),
            "missing-configmap-key",
            at,
        ),
        Fault(
            "claim",
            application(
                good,
                volumes=[
                    {"name": "tmp", "emptyDir": {}},
                    {"name": "hold", "persistentVolumeClaim": {"claimName": "cargo"}},
                ],
            ),
            "missing-claim",
            at,
        ),
        Fault(
            "port",
            application(
                {**good, "readinessProbe": {**probe, "httpGet": {"path": "/healthz", "port": 9000}}}
            ),
            "probe-port",
            at,
        ),
        Fault(
            "path",
            application(
                {**good, "readinessProbe": {**probe, "httpGet": {"path": "/helth", "port": 8000}}}
            ),
            "probe-path",
            at,
        ),
        Fault("command", application({**good, "command": ["/usr/bin/sevre"]}), "command", at),
        Fault(
            "argument", application({**good, "args": ["srve", *good["args"][1:]]}), "argument", at
        ),
        Fault(
            "selector",
            application(good, selector={"part": "lighthose"}),
            "service-selector",
            "Service/harbour",
        ),
        Fault("memory", application({**good, "resources": small}), "memory", at),
        Fault(
            "node",
            application(good, nodeSelector={"kubernetes.io/os": "linx"}),
            "node-selector",
            at,
        ),
        Fault("greed", application({**good, "resources": greedy}), "insufficient-memory", at),
        Fault("account", application(good, serviceAccountName="pilot"), "missing-account", at),
        Fault("target", _led_to(application(good), 8080), "service-port", "Service/harbour"),
        Fault("quota", (quota, *application({**good, "resources": large})), "quota", at),
        Fault("job", _as_job({**good, "args": ["openpi"]}), "argument", "Job/log", serving=""),
        Fault("set", _as_set(application(wrong)), "image-name", "StatefulSet/beacon"),
    ]


def _led_to(made: tuple[Made, ...], port: int) -> tuple[Made, ...]:
    """The same with a Service that leads to another port."""
    deployment, service = made
    spec = {**service["spec"], "ports": [{"port": 80, "targetPort": port}]}
    return deployment, {**service, "spec": spec}


def _as_job(main: Made) -> tuple[Made, ...]:
    """A Job of one container, which cannot be changed once it is there."""
    plain = {k: v for k, v in main.items() if not k.endswith("Probe") and k != "volumeMounts"}
    spec = {"containers": [plain], "restartPolicy": "Never"}
    return (
        _object("batch/v1", "Job", "log", spec={"backoffLimit": 0, "template": {"spec": spec}}),
    )


def _as_set(made: tuple[Made, ...]) -> tuple[Made, ...]:
    """The same with a StatefulSet in place of the Deployment."""
    deployment, service = made
    return {**deployment, "kind": "StatefulSet"}, service
