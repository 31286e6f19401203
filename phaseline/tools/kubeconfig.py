"""Kubeconfig files: which contexts there are, one of them alone, and its credentials.

Format: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ and
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/; of several files in KUBECONFIG the
first that has a name counts.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.process.command import Command
from phaseline.process.run import run

Content = Mapping[str, Any]

_FILES = {
    "clusters": ("certificate-authority",),
    "users": ("client-certificate", "client-key"),
}
_EXEC_VERSION = "client.authentication.k8s.io/v1"


@dataclass(frozen=True)
class Credentials:
    """What a server is shown: a header, or a certificate with its key, or neither."""

    headers: Mapping[str, str] = field(default_factory=dict)
    certificate: bytes = b""
    key: bytes = b""


def read(path: Path) -> Content:
    """One kubeconfig file.

    Raises:
        InvalidConfiguration: it is not there, or is none.
    """
    import yaml

    try:
        content = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise InvalidConfiguration(
            f"{path} cannot be read as a kubeconfig", why=str(error)
        ) from error
    if not isinstance(content, dict):
        raise InvalidConfiguration(f"{path} is no kubeconfig")
    return content


def of_user() -> Content:
    """The user's kubeconfig: the files of KUBECONFIG put together, or `~/.kube/config`.

    Raises:
        InvalidConfiguration: there is none.
    """
    named = [Path(one) for one in os.environ.get("KUBECONFIG", "").split(os.pathsep) if one]
    files = [one for one in named or [Path.home() / ".kube" / "config"] if one.exists()]
    if not files:
        fix = "set KUBECONFIG to the file that has the cluster"
        raise InvalidConfiguration("there is no kubeconfig to take a context from", fix=fix)
    return _merged([_inlined(read(one), one.parent) for one in files])


def names(told: Content) -> list[str]:
    """The names of its contexts."""
    return [one["name"] for one in told.get("contexts") or []]


def only(told: Content, context: str) -> dict[str, Any]:
    """One context alone, with its cluster and its user, as a whole kubeconfig; pure.

    Raises:
        InvalidConfiguration: a name is not there.
    """
    chosen = _entry(told, "contexts", context)
    cluster = _entry(told, "clusters", chosen["context"].get("cluster", ""))
    user = _entry(told, "users", chosen["context"].get("user", ""))
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [chosen],
        "clusters": [cluster],
        "users": [user],
    }


def current(told: Content) -> tuple[Content, Content]:
    """The cluster and the user of the current context.

    Raises:
        InvalidConfiguration: a name is not there.
    """
    chosen = _entry(told, "contexts", told.get("current-context", ""))["context"]
    cluster = _entry(told, "clusters", chosen.get("cluster", ""))["cluster"]
    return cluster, _entry(told, "users", chosen.get("user", ""))["user"] or {}


def credentials(user: Content) -> Credentials:
    """What a user's entry is shown as; a program that tells them is run.

    Raises:
        InvalidConfiguration: it has none that is known here.
        ToolMissing, CommandFailed: its program is not there or fails.
    """
    if token := _token(user):
        return Credentials({"Authorization": f"Bearer {token}"})
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return Credentials({"Authorization": f"Basic {base64.b64encode(pair).decode()}"})
    if told := user.get("exec"):
        return _executed(told)
    found = {name: content(user, name) for name in ("client-certificate", "client-key")}
    if not all(found.values()):
        lacking = next(name for name, one in found.items() if not one)
        raise InvalidConfiguration(
            f"the kubeconfig's user has no {lacking}",
            why="known are a token, a name and password, a certificate, and a program (exec)",
        )
    return Credentials(certificate=found["client-certificate"], key=found["client-key"])


def content(told: Content, name: str) -> bytes:
    """A certificate or key: inline, or of the file that is named; empty where there is none."""
    if inline := told.get(f"{name}-data"):
        return base64.b64decode(inline)
    return Path(told[name]).read_bytes() if told.get(name) else b""


def _token(user: Content) -> str:
    if file := user.get("tokenFile"):
        return Path(file).read_text().strip()
    return str(user.get("token") or "")


def _executed(told: Content) -> Credentials:
    """Credentials of a program: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/."""
    version = told.get("apiVersion", _EXEC_VERSION)
    asked = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    command = Command(
        argv=(told["command"], *(told.get("args") or ())),
        env={
            **{one["name"]: one["value"] for one in told.get("env") or ()},
            "KUBERNETES_EXEC_INFO": json.dumps(asked),
        },
        data=True,
    )
    try:
        status = json.loads(run(command).stdout)["status"]
    except (ValueError, KeyError) as error:
        what = f"{told['command']} printed no credentials"
        raise InvalidConfiguration(what, fix=told.get("installHint") or "") from error
    if status.get("token"):
        return Credentials({"Authorization": f"Bearer {status['token']}"})
    pair = (status["clientCertificateData"], status["clientKeyData"])
    return Credentials(certificate=pair[0].encode(), key=pair[1].encode())


def _inlined(told: Content, folder: Path) -> dict[str, Any]:
    """`told` with the files that it names by their content: paths are relative to its folder."""
    found = dict(told)
    for kind, names_ in _FILES.items():
        inner = kind.removesuffix("s")
        found[kind] = [
            {**one, inner: _filled(one.get(inner) or {}, names_, folder)}
            for one in told.get(kind) or []
        ]
    return found


def _filled(told: Content, names_: tuple[str, ...], folder: Path) -> dict[str, Any]:
    filled = dict(told)
    for name in names_:
        if (file := filled.pop(name, None)) and not filled.get(f"{name}-data"):
            path = folder / file
            if not path.exists():
                raise InvalidConfiguration(f"the kubeconfig names {path}, which is not there")
            filled[f"{name}-data"] = base64.b64encode(path.read_bytes()).decode()
    return filled


def _merged(files: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {"current-context": ""}
    for told in files:
        merged["current-context"] = merged["current-context"] or told.get("current-context") or ""
        for kind in ("contexts", "clusters", "users"):
            known = merged.setdefault(kind, [])
            there = {one["name"] for one in known}
            known += [one for one in told.get(kind) or [] if one["name"] not in there]
    return merged


def _entry(told: Content, kind: str, name: str) -> Any:
    found = [one for one in told.get(kind) or [] if one["name"] == name]
    if not found:
        there = ", ".join(one["name"] for one in told.get(kind) or []) or "none"
        what = f"the kubeconfig has no {kind.removesuffix('s')} {name!r}"
        raise InvalidConfiguration(what, why=f"it has: {there}")
    return found[0]
