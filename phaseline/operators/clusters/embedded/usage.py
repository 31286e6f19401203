"""What nodes and pods use, as the resource metrics API tells it.

In: the kubelet's summary (https://pkg.go.dev/k8s.io/kubelet/pkg/apis/stats/v1alpha1).
Out: what https://pkg.go.dev/k8s.io/metrics/pkg/apis/metrics/v1beta1 defines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

GROUP = "metrics.k8s.io"
VERSION = f"{GROUP}/v1beta1"
WINDOW = "10s"  # between two looks of the kubelet, over which it tells the processor's use

Json = dict[str, Any]


def discovery() -> Json:
    """What this API has: nodes and pods, to be read."""
    kinds = (("nodes", "NodeMetrics", False), ("pods", "PodMetrics", True))
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": VERSION,
        "resources": [
            {
                "name": name,
                "singularName": "",
                "namespaced": namespaced,
                "kind": kind,
                "verbs": ["get", "list"],
            }
            for name, kind, namespaced in kinds
        ],
    }


def node_metrics(node: Mapping[str, Any], summary: Mapping[str, Any]) -> Json | None:
    """What a node uses; None where the kubelet does not know yet."""
    used = _usage(summary["node"])
    return _object("NodeMetrics", node, summary["node"], usage=used) if used else None


def pod_metrics(pods: Iterable[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Json]:
    """What each of `pods` uses; those of which the kubelet does not know all are left out."""
    seen = {told["podRef"]["uid"]: told.get("containers", []) for told in summary.get("pods", [])}
    return [found for pod in pods if (found := _pod(pod, seen.get(pod["metadata"]["uid"], [])))]


def _pod(pod: Mapping[str, Any], told: Iterable[Mapping[str, Any]]) -> Json | None:
    known = {one["name"]: one for one in told}
    names = [one["name"] for one in pod["spec"]["containers"]]
    used = [_usage(known.get(name, {})) for name in names]
    if pod["status"].get("phase") != "Running" or not all(used):
        return None
    containers = [{"name": n, "usage": usage} for n, usage in zip(names, used, strict=True)]
    return _object("PodMetrics", pod, known[names[0]], containers=containers)


def _usage(told: Mapping[str, Any]) -> Json:
    nanocores = told.get("cpu", {}).get("usageNanoCores")
    working_set = told.get("memory", {}).get("workingSetBytes")
    if nanocores is None or working_set is None:
        return {}
    return {"cpu": f"{nanocores}n", "memory": f"{working_set // 1024}Ki"}


def _object(kind: str, of: Mapping[str, Any], told: Mapping[str, Any], **more: Any) -> Json:
    kept = ("name", "namespace", "labels", "creationTimestamp")
    metadata = {name: of["metadata"][name] for name in kept if name in of["metadata"]}
    moment = {"timestamp": told["cpu"]["time"], "window": WINDOW}
    return {"kind": kind, "apiVersion": VERSION, "metadata": metadata, **moment, **more}
