"""Service accounts that are missing, and rights that a program turns out to need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import edit_spec, quoted, running
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule, change, creation
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, healthy

_FORBIDDEN = re.compile(
    r"system:serviceaccount:(?P<place>[a-z0-9-]+):(?P<account>[a-z0-9.-]+)[\"'\\]* "
    r"cannot (?P<verb>[a-z]+) resource [\"'\\]+(?P<resource>[a-z/]+)[\"'\\]+ "
    r"in API group [\"'\\]*(?P<group>[a-z0-9.]*?)[\"'\\]+"
    r"(?: in the namespace [\"'\\]+(?P<where>[a-z0-9-]+))?"
)
# What lets its holder take more rights or read what is secret is never given by a repair.
_POWERFUL = ("secrets", "roles", "rolebindings", "clusterroles", "clusterrolebindings", "pods/exec")
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
_API = "rbac.authorization.k8s.io"


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Accounts that workloads name in vain, and what their logs say is forbidden."""
    for workload in snapshot.workloads(namespace):
        name = workload.spec.get("serviceAccountName") or "default"
        if not snapshot.get("ServiceAccount", namespace, name) and name != "default":
            yield _missing(snapshot, workload, name)
        if not healthy(workload.object) or any(_restarted(pod) for pod in workload.pods):
            yield from _forbidden(snapshot, workload)


def _restarted(pod: Object) -> bool:
    return any(
        one.get("restartCount") for one in pod.get("status", {}).get("containerStatuses", ())
    )


def _missing(snapshot: Snapshot, workload: Workload, name: str) -> Cause:
    namespace = workload.ref.namespace
    right = meant(name, (n for n in snapshot.names("ServiceAccount", namespace) if n != "default"))
    about = Ref("ServiceAccount", namespace, name)

    def by(spec: Any) -> None:
        spec["serviceAccountName"] = right
        spec.pop("serviceAccount", None)

    metadata = {"name": name, "namespace": namespace}
    made = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    edit = (
        edit_spec(workload, f"service account {right}", by)
        if right
        else creation(made, "an account without rights")
    )
    return Cause(
        rule="missing-account",
        subject=workload.ref,
        what=f"{about} is not there, so no pod of {workload.ref} may be made",
        evidence=quoted(m for m in snapshot.messages(workload, "FailedCreate") if name in m),
        edits=(edit,),
        about=(about,),
        confidence=0.9 if right else 0.8,
    )


def _forbidden(snapshot: Snapshot, workload: Workload) -> Iterator[Cause]:
    seen = set()
    for one in running(workload):
        log = one.logs(snapshot)
        for found in _FORBIDDEN.finditer(log):
            key = (found["account"], found["verb"], found["resource"], found["where"])
            own = workload.spec.get("serviceAccountName") or "default"
            if key in seen or (found["place"], found["account"]) != (workload.ref.namespace, own):
                continue
            seen.add(key)
            yield _lacks(snapshot, workload, found)


def _lacks(snapshot: Snapshot, workload: Workload, found: re.Match[str]) -> Cause:
    account, verb, resource = found["account"], found["verb"], found["resource"]
    edits: tuple[Edit, ...] = ()
    refused = resource in _POWERFUL or verb not in _VERBS or not found["where"]
    if not refused and found["where"] == workload.ref.namespace:
        edits = _granted(snapshot, found)
    return Cause(
        rule="forbidden",
        subject=workload.ref,
        what=f"the account {account} may not {verb} {resource}, which the program needs",
        evidence=quoted([found[0]]),
        edits=edits,
        confidence=0.8,
        advice=""
        if edits
        else f"decide whether {account} is to {verb} {resource}, and bind a role",
    )


def _granted(snapshot: Snapshot, found: re.Match[str]) -> tuple[Edit, ...]:
    """A binding whose subject is misspelt corrected, else a role with this right and no other."""
    namespace, account = found["place"], found["account"]
    asked = (found["group"], found["resource"], found["verb"])
    allowing = {
        o["metadata"]["name"] for o in snapshot.all("Role", namespace) if _allows(o, *asked)
    }
    for binding in snapshot.all("RoleBinding", namespace):
        subjects = [one["name"] for one in binding.get("subjects") or ()]
        if (
            binding["roleRef"]["name"] in allowing
            and meant(account, subjects)
            and account not in subjects
        ):
            return (_subject(binding, meant(account, subjects), account),)
    name = f"{account}-{found['verb']}-{found['resource'].replace('/', '-')}"
    metadata = {"name": name, "namespace": namespace}
    rule = {"apiGroups": [asked[0]], "resources": [asked[1]], "verbs": [asked[2]]}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    role_ref = {"apiGroup": _API, "kind": "Role", "name": name}
    version = f"{_API}/v1"
    role = {"apiVersion": version, "kind": "Role", "metadata": metadata, "rules": [rule]}
    binding = {
        "apiVersion": version,
        "kind": "RoleBinding",
        "metadata": metadata,
        "subjects": [subject],
    }
    words = f"{account} may {found['verb']} {found['resource']}"
    return creation(role, words), creation({**binding, "roleRef": role_ref}, words)


def _allows(role: Object, group: str, resource: str, verb: str) -> bool:
    return any(
        {group, "*"} & set(one.get("apiGroups") or ())
        and {resource, "*"} & set(one.get("resources") or ())
        and {verb, "*"} & set(one.get("verbs") or ())
        for one in role.get("rules") or ()
    )


def _subject(binding: Object, wrong: str, right: str) -> Edit:
    def by(made: Any) -> None:
        for one in made["subjects"]:
            if one["name"] == wrong:
                one["name"] = right

    return change(binding, f"subject {right} instead of {wrong}", by)


RULE = Rule("account", ("ServiceAccount", "Role", "RoleBinding", "Log"), find)
