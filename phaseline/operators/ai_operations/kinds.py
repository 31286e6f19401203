"""The kinds of objects that operations are about: their API, path and everyday names.

Paths: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    Attributes:
        name: as in manifests; plural: as in paths; aliases: what people call it, in lower case.
    """

    name: str
    api_version: str
    plural: str
    aliases: tuple[str, ...] = ()
    namespaced: bool = True

    @property
    def group(self) -> str:
        """Its API group; empty for the core's."""
        return self.api_version.rpartition("/")[0]

    def folder(self, namespace: str = "") -> str:
        """The path of its list: in `namespace`, or in all where that is empty."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{place}/{self.plural}"


_AUTOSCALER = ("hpa", "autoscaler", "horizontalpodautoscaler")
_CLAIM = ("pvc", "claim", "volume claim", "persistentvolumeclaim", "persistent volume claim")
KINDS = (
    Kind("Pod", "v1", "pods", ("pod", "po")),
    Kind("Service", "v1", "services", ("service", "svc")),
    Kind("Endpoints", "v1", "endpoints"),
    Kind("ConfigMap", "v1", "configmaps", ("configmap", "config map", "cm")),
    Kind("Secret", "v1", "secrets", ("secret",)),
    Kind("PersistentVolumeClaim", "v1", "persistentvolumeclaims", _CLAIM),
    Kind("PersistentVolume", "v1", "persistentvolumes", ("pv",), namespaced=False),
    Kind("ServiceAccount", "v1", "serviceaccounts", ("serviceaccount", "service account", "sa")),
    Kind("Namespace", "v1", "namespaces", ("namespace", "ns"), namespaced=False),
    Kind("Node", "v1", "nodes", ("node",), namespaced=False),
    Kind("Event", "v1", "events", ("event",)),
    Kind("ResourceQuota", "v1", "resourcequotas", ("resourcequota", "quota", "resource quota")),
    Kind("LimitRange", "v1", "limitranges", ("limitrange", "limit range")),
    Kind("Deployment", "apps/v1", "deployments", ("deployment", "deploy")),
    Kind("StatefulSet", "apps/v1", "statefulsets", ("statefulset", "stateful set", "sts")),
    Kind("DaemonSet", "apps/v1", "daemonsets", ("daemonset", "daemon set", "ds")),
    Kind("ReplicaSet", "apps/v1", "replicasets", ("replicaset", "replica set", "rs")),
    Kind("ControllerRevision", "apps/v1", "controllerrevisions"),
    Kind("Job", "batch/v1", "jobs", ("job",)),
    Kind("CronJob", "batch/v1", "cronjobs", ("cronjob", "cron job", "scheduled job")),
    Kind("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", _AUTOSCALER),
    Kind("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets", ("pdb", "disruption budget")),
    Kind("Ingress", "networking.k8s.io/v1", "ingresses", ("ingress", "ing")),
    Kind("IngressClass", "networking.k8s.io/v1", "ingressclasses", namespaced=False),
    Kind(
        "NetworkPolicy",
        "networking.k8s.io/v1",
        "networkpolicies",
        ("networkpolicy", "network policy", "netpol"),
    ),
    Kind("EndpointSlice", "discovery.k8s.io/v1", "endpointslices", ("endpointslice",)),
    Kind("StorageClass", "storage.k8s.io/v1", "storageclasses", ("storage class",), False),
    Kind("PriorityClass", "scheduling.k8s.io/v1", "priorityclasses", (), False),
    Kind("Role", "rbac.authorization.k8s.io/v1", "roles", ("role",)),
    Kind("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings", ("rolebinding", "binding")),
    Kind("ClusterRole", "rbac.authorization.k8s.io/v1", "clusterroles", ("clusterrole",), False),
    Kind("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", "clusterrolebindings", (), False),
    Kind(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
    Kind(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "mutatingwebhookconfigurations",
        namespaced=False,
    ),
)


@cache
def known() -> dict[str, Kind]:
    """The kinds by their names."""
    return {kind.name: kind for kind in KINDS}
