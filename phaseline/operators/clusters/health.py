"""Whether the cluster is well: its node and processes, its DNS, its storage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.clusters.embedded import running
from phaseline.operators.clusters.embedded.layout import PAUSE
from phaseline.operators.clusters.scratch import scratch_namespace
from phaseline.tools import dns

_KUBERNETES = "kubernetes.default.svc.cluster.local"


def check_health(context: Context) -> Report:
    """See that the node is Ready without pressure and every process of it runs.

    Raises:
        CheckFailed: names each fault.
    """
    now = running.status(access.embedded(context))
    faults = [f"{name} is not ready" for name, unit in now["units"].items() if not unit["ready"]]
    with access.api(context) as api:
        nodes = api.items("/api/v1/nodes")
    faults += [fault for node in nodes for fault in node_faults(node)]
    if faults or not nodes:
        raise CheckFailed(
            "the cluster is not healthy",
            why="; ".join(faults) or "it has no node",
            fix="`invoke cluster.restart`, or read .phaseline/cluster/logs",
        )
    return Report(f"{len(now['units'])} processes up, {len(nodes)} node Ready")


def node_faults(node: Mapping[str, Any]) -> list[str]:
    """What is wrong with a node, by its conditions."""
    name = node["metadata"]["name"]
    wanted = {"Ready": "True", "MemoryPressure": "False", "DiskPressure": "False"}
    seen = {c["type"]: c for c in node["status"].get("conditions", [])}
    return [
        f"{name}: {kind} is {seen[kind]['status']}: {seen[kind].get('message', '')}"
        if kind in seen
        else f"{name}: {kind} is not known"
        for kind, good in wanted.items()
        if seen.get(kind, {}).get("status") != good
    ]


def check_workings(context: Context) -> Report:
    """See that DNS answers, and that a pod gets a volume of the default storage class.

    Works in the namespace `<app>-check`, which it removes.

    Raises:
        CheckFailed: names what does not work.
        TimedOut: the pod did not come up; says what it waits for.
    """
    dns.resolve(_KUBERNETES, access.dns_server(context))
    with scratch_namespace(context) as scratch:
        scratch.apply(_claim(), _pod())
        scratch.await_ready("pod/volume", limit=30.0)
    return Report("DNS answers, the default storage class provisions")


def _claim() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "volume"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }


def _pod() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "volume"},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65535,
                "fsGroup": 65535,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "wait",
                    "image": PAUSE,
                    "imagePullPolicy": "Never",
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "readOnlyRootFilesystem": True,
                    },
                    "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
                }
            ],
            "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": "volume"}}],
        },
    }
