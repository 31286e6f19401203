"""Two accounts of limited rights: one that only looks, and one that may do what one plan says.

The reader stands; it may see everything but Secrets. A writer is made for a plan, holds nothing
but a rule for each of its operations, and is removed with its rules when the plan has ended. Both
act by tokens that end by themselves (TokenRequest,
https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from phaseline.core.errors import CommandFailed
from phaseline.core.files import write_json
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations import eyes
from phaseline.operators.ai_operations.execution.granted import await_granted, granted
from phaseline.operators.ai_operations.execution.rights import Rule
from phaseline.operators.ai_operations.kinds import KINDS
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.operators.clusters import access
from phaseline.operators.clusters.model import OWNER, accounts_namespace, kubeconfig
from phaseline.tools.api_server import ApiServer, connected_as
from phaseline.tools.kubeconfig import read

_SECONDS = 900  # of a token's life; the API server takes no less than 600
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_READER = "reader"
_LABELS = {"app.kubernetes.io/managed-by": "phaseline", "phaseline.dev/part": "ai"}


@contextmanager
def reader(context: Context) -> Iterator[ClusterView]:
    """The cluster as the reader sees it.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    with access.api(context) as admin:
        place = accounts_namespace(context)
        owner = {OWNER: context.workspace.id}
        token = _token(admin, place, _READER)
        if token is None:
            _make_reader(admin, place, owner)
            token = _token(admin, place, _READER) or ""

        def names(namespace: str) -> list[str]:
            return [one["name"] for one in admin.metadata(f"{_core(namespace)}/secrets")]

        with connected_as(kubeconfig(context), token) as api:
            if not granted(api, reading(), ""):  # another step makes it now, or one was cut off
                _make_reader(admin, place, owner)
                await_granted(api, reading(), "")
            yield ClusterView(api, names, *eyes.of(context, admin))


@contextmanager
def looking(context: Context, folder: Path) -> Iterator[Path]:
    """A kubeconfig in `folder` with which a program can look as the reader; gone afterwards.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    file = folder / "kubeconfig"
    with reader(context), access.api(context) as admin:
        token = _token(admin, accounts_namespace(context), _READER) or ""
    told = read(kubeconfig(context))
    users = [{"name": one["name"], "user": {"token": token}} for one in told["users"]]
    write_json(file, {**told, "users": users}, mode=0o600)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


@dataclass
class Writer:
    """The account that carries out one plan; `api` is connected to as it.

    Attributes:
        rules: what the plan takes, by namespace.
    """

    api: ApiServer
    rules: Mapping[str, list[Rule]]
    _admin: ApiServer = field(repr=False)
    _account: Mapping[str, str] = field(repr=False)
    _made: list[str] = field(default_factory=list, repr=False)

    def enter(self, namespace: str, *, instead: str = "") -> None:
        """Be given, in `namespace`, the rights that the plan takes there; once.

        Args:
            instead: the namespace whose rights are given, where that one is yet to be made.
        """
        name = f"phaseline-{self._account['name']}"
        rules = self.rules.get(instead or namespace, [])
        kind, folder = (
            ("Role", f"{_RBAC}/namespaces/{namespace}") if namespace else ("ClusterRole", _RBAC)
        )
        role, binding = f"{folder}/{kind.lower()}s", f"{folder}/{kind.lower()}bindings"
        if f"{role}/{name}" in self._made or not rules:
            return
        metadata = {"name": name, "labels": _LABELS}
        self._made += [f"{role}/{name}", f"{binding}/{name}"]
        self._admin.send("POST", role, {"metadata": metadata, "rules": rules})
        bound = {
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", **self._account}],
        }
        self._admin.send("POST", binding, bound)
        await_granted(self.api, rules, namespace)

    def leave(self) -> None:
        """Take all rights away again."""
        for path in reversed(self._made):
            _remove(self._admin, path)
        self._made.clear()


@contextmanager
def writer(context: Context, rules: Mapping[str, list[Rule]]) -> Iterator[Writer]:
    """An account that may do what `rules` say, where it has entered, until this ends."""
    with access.api(context) as admin:
        account = {
            "name": f"writer-{secrets.token_hex(4)}",
            "namespace": accounts_namespace(context),
        }
        folder = f"{_core(account['namespace'])}/serviceaccounts"
        _sweep(admin, folder)
        admin.send("POST", folder, {"metadata": {"name": account["name"], "labels": _LABELS}})
        token = _token(admin, account["namespace"], account["name"]) or ""
        with connected_as(kubeconfig(context), token) as api:
            made = Writer(api, rules, admin, account)
            try:
                yield made
            finally:
                made.leave()
                _remove(admin, f"{folder}/{account['name']}")


def _sweep(admin: ApiServer, folder: str) -> None:
    """Remove the writers of runs that were killed, and their rights.

    One whose token may still be good may be that of another step at work.
    """
    old = (datetime.now(UTC) - timedelta(seconds=_SECONDS)).isoformat()
    left = [
        one["name"]
        for one in admin.metadata(folder)
        if one["name"].startswith("writer-") and one["creationTimestamp"] < old
    ]
    if not left:
        return
    for plural in ("rolebindings", "roles", "clusterrolebindings", "clusterroles"):
        for one in admin.metadata(f"{_RBAC}/{plural}?labelSelector=phaseline.dev/part=ai"):
            if one["name"].removeprefix("phaseline-") in left:
                place = f"/namespaces/{one['namespace']}" if "namespace" in one else ""
                _remove(admin, f"{_RBAC}{place}/{plural}/{one['name']}")
    for name in left:
        _remove(admin, f"{folder}/{name}")


def _make_reader(admin: ApiServer, place: str, owner: Mapping[str, str]) -> None:
    """Make the reader, and what lets it see all namespaces, which goes with its own."""
    labels = {**_LABELS, **owner}
    made = _ensure(admin, "/api/v1/namespaces", {"metadata": {"name": place, "labels": labels}})
    account = {"metadata": {"name": _READER, "labels": labels}}
    _ensure(admin, f"{_core(place)}/serviceaccounts", account)
    held = {"apiVersion": "v1", "kind": "Namespace", "name": place, "uid": made["metadata"]["uid"]}
    # the applications of a cluster each have their own
    metadata = {"name": f"phaseline-{place}-reader", "labels": labels, "ownerReferences": [held]}
    _ensure(admin, f"{_RBAC}/clusterroles", {"metadata": metadata, "rules": reading()})
    bound = {
        "metadata": metadata,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": metadata["name"],
        },
        "subjects": [{"kind": "ServiceAccount", "name": _READER, "namespace": place}],
    }
    _ensure(admin, f"{_RBAC}/clusterrolebindings", bound)


def reading() -> list[Rule]:
    """The reader's rules: every kind that is known here but Secrets, logs, and measured use."""
    plurals: dict[str, list[str]] = {}
    for kind in KINDS:
        if kind.name != "Secret":
            plurals.setdefault(kind.group, []).append(kind.plural)
    verbs = ["get", "list", "watch"]
    rules = [
        {"apiGroups": [group], "resources": of, "verbs": verbs} for group, of in plurals.items()
    ]
    logs = {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}
    used = {"apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"], "verbs": verbs}
    return [*rules, logs, used]


def _token(admin: ApiServer, namespace: str, account: str) -> str | None:
    path = f"{_core(namespace)}/serviceaccounts/{account}"
    if admin.get(path) is None:
        return None
    wanted = {"spec": {"expirationSeconds": _SECONDS}}
    return str(admin.send("POST", f"{path}/token", wanted)["status"]["token"])


def _ensure(admin: ApiServer, folder: str, content: dict[str, Any]) -> Any:
    """The object, as it is there now."""
    path = f"{folder}/{content['metadata']['name']}"
    if (there := admin.get(path)) is not None:
        return there
    try:
        return admin.send("POST", folder, content)
    except CommandFailed:
        if (there := admin.get(path)) is None:  # else another step has made it meanwhile
            raise
        return there


def _remove(admin: ApiServer, path: str) -> None:
    with suppress(CommandFailed):  # it is gone already
        admin.send("DELETE", path)


def _core(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}"
