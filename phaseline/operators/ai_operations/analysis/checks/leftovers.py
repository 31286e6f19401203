"""What nothing uses: Services, configuration, claims, budgets, policies, accounts, namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from phaseline.operators.ai_operations.analysis.finding import Finding, Severity
from phaseline.operators.ai_operations.diagnosis.rules.claims import claimed
from phaseline.operators.ai_operations.diagnosis.rules.references import uses
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import labels, ref, selects, template

_HELM = "helm.sh/release.v1"
_ROOT = "kube-root-ca.crt"
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


def check(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    """What of a namespace nothing uses, as far as its objects tell."""
    if namespace in _SYSTEM:
        return
    yield from _configuration(snapshot, namespace)
    yield from _claims(snapshot, namespace)
    yield from _selectors(snapshot, namespace)


def _configuration(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    used = {(use.kind, use.name) for one in snapshot.workloads(namespace) for use in uses(one.spec)}
    for workload in snapshot.workloads(namespace):
        used |= {("Secret", each["name"]) for each in workload.spec.get("imagePullSecrets") or ()}
    for ingress in snapshot.all("Ingress", namespace):
        used |= {("Secret", one.get("secretName", "")) for one in ingress["spec"].get("tls") or ()}
    for kind in ("ConfigMap", "Secret"):
        for one in snapshot.all(kind, namespace):
            name = one["metadata"]["name"]
            ours = name == _ROOT or name.startswith("sh.helm.release.v1.")
            if (kind, name) not in used and not ours and one.get("type") != _HELM:
                what = "no workload names it; a program may still read it by the API"
                yield Finding("unused", Severity.HINT, ref(one), what)


def _claims(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    mounted = {name for pod in snapshot.all("Pod", namespace) for name in claimed(pod["spec"])}
    mounted |= {name for one in snapshot.workloads(namespace) for name in claimed(one.spec)}
    sets = [
        f"{each['metadata']['name']}-{one['metadata']['name']}-"
        for one in snapshot.all("StatefulSet", namespace)
        for each in one["spec"].get("volumeClaimTemplates") or ()
    ]
    for claim in snapshot.all("PersistentVolumeClaim", namespace):
        name = claim["metadata"]["name"]
        if name not in mounted and not name.startswith(tuple(sets)):
            yield Finding(
                "unused-claim", Severity.LOW, ref(claim), "no pod mounts it; it costs storage"
            )


def _selectors(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    pods = {
        tuple(sorted(labels(one.object).items())): labels(one.object)
        for one in snapshot.workloads(namespace)
    }
    for kind, field in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        for one in snapshot.all(kind, namespace):
            selector = one["spec"].get(field)
            if selector and not any(selects(selector, each) for each in pods.values()):
                yield Finding(
                    "selects-nothing", Severity.LOW, ref(one), "it selects no workload's pods"
                )
    policies = [one["spec"].get("podSelector") for one in snapshot.all("NetworkPolicy", namespace)]
    for workload in snapshot.workloads(namespace):
        open_ = not any(selects(each, labels(workload.object)) for each in policies)
        if open_ and workload.ref.kind != "Job" and template(workload.object):
            what = "no NetworkPolicy is about its pods: all of the cluster reaches them"
            yield Finding("no-policy", Severity.HINT, workload.ref, what)
