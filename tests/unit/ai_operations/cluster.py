"""A cluster that stands still: objects as data, looked at as any other."""

from __future__ import annotations

from typing import Any

from urllib3 import HTTPSConnectionPool

from phaseline.operators.ai_operations.planner.planner import plan
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import ObjectReference, Plan
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.tools.api_server import ApiServer

SPACE = "team"
Object = dict[str, Any]
IMAGES = (
    *("localhost/shop:1", "localhost/shop:2", "docker.io/library/nginx:1.27"),
    "docker.io/library/busybox:1.36",
)


def workload(name: str, replicas: int = 2, kind: str = "Deployment", **labels: str) -> Object:
    """A workload of one container that listens on 8080."""
    labels = labels or {"app": name}
    container = {"name": name, "image": "localhost/shop:1", "ports": [{"containerPort": 8080}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return made(kind, name, spec=spec)


def made(kind: str, name: str, **content: Any) -> Object:
    """Any object of the namespace."""
    metadata: Object = {"name": name, "namespace": SPACE, "uid": f"{kind}-{name}"}
    if kind in ("Namespace", "Node", "StorageClass"):
        del metadata["namespace"]
    return {"kind": kind, "metadata": metadata, **content}


def objects() -> list[Object]:
    """A team's namespace with the usual in it, and a few others."""
    shop = {"selector": {"app": "shop", "version": "blue"}, "ports": [{"port": 80}]}
    return [
        *(workload(name) for name in ("web", "payments", "frontend", "backend", "old-web")),
        workload("api", 4),
        workload("checkout", 3),
        workload("db", 1, "StatefulSet"),
        workload("shop-blue", app="shop", version="blue"),
        workload("shop-green", app="shop", version="green"),
        made("Service", "shop", spec=shop),
        made("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        made("ConfigMap", "settings"),
        made("PersistentVolumeClaim", "uploads", spec=claim("2Gi")),
        made("CronJob", "tidy", spec={"schedule": "0 0 * * *", "jobTemplate": {"spec": {}}}),
        made("ServiceAccount", "builder"),
        made("Role", "pod-reader"),
        *(made("Namespace", name) for name in ("default", SPACE, "team-red", "kube-system")),
        made("Node", "node", status={"images": [{"names": [name]} for name in IMAGES]}),
    ]


def claim(size: str) -> Object:
    """What a claim asks for."""
    return {"resources": {"requests": {"storage": size}}}


class Still(ClusterView):
    """A view of objects that are given, where no API server is asked."""

    def items(self, kind: str, namespace: str = "") -> list[Object]:
        """The objects of a kind."""
        return [
            one
            for one in objects()
            if one["kind"] == kind and namespace in ("", one["metadata"].get("namespace"))
        ]

    def find(self, target: ObjectReference) -> Object | None:
        """An object, if it is there."""
        found = self.items(target.kind, target.namespace)
        return next((one for one in found if one["metadata"]["name"] == target.name), None)


def view() -> Still:
    """The cluster; its one Secret is `db-login`."""
    return Still(ApiServer(HTTPSConnectionPool("unused.invalid")), lambda _: ["db-login"])


def read(request: str, namespace: str = SPACE) -> Plan:
    """What the built-in planner makes of a request."""
    return plan(request, World(view(), namespace, frozenset({"kube-system"})))
