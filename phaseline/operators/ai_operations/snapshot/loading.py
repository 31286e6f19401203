"""A snapshot through the API server: a few lists, in pages, and the rest when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

from phaseline.core.errors import CommandFailed
from phaseline.core.texts import plain
from phaseline.operators.ai_operations.kinds import KINDS, Kind
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.trimming import trimmed
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.tools.api_server import ApiServer

PAGE = 500  # objects asked for at once, as kubectl does
_LINES = 60
_NO_LOG = "unable to retrieve container logs"
_LEFT_OUT = {"Endpoints", "ControllerRevision", "Secret", "ClusterRoleBinding", "ClusterRole"}
LISTED = tuple(kind for kind in KINDS if kind.name not in _LEFT_OUT)


def load(view: ClusterView, namespace: str = "") -> Snapshot:
    """What is in a namespace, and of the cluster's own objects all; of everything where it is "".

    Raises:
        Unreachable: the API server does not answer.
    """
    objects: dict[str, list[Any]] = {}
    unseen = set()
    for kind in LISTED:
        try:
            objects[kind.name] = list(_listed(view.api, kind, namespace))
        except CommandFailed:  # this account may not, or this server has no such kind
            unseen.add(kind.name)
    places = [namespace] if namespace else [o["metadata"]["name"] for o in objects["Namespace"]]
    objects["Secret"] = list(_secrets(view, places))
    return Snapshot(
        objects,
        frozenset(unseen),
        logs=cache(_logs(view.api)),
        listening=view.listening,
        answers=view.answers,
    )


def _listed(api: ApiServer, kind: Kind, namespace: str) -> Iterator[Any]:
    if kind.name == "Namespace" and namespace:
        if one := api.get(f"{kind.folder()}/{namespace}"):
            yield trimmed({**one, "kind": kind.name})
        return
    for page in pages(api, kind.folder(namespace)):
        for one in page:
            one["kind"] = kind.name
            yield trimmed(one)


def pages(api: ApiServer, folder: str) -> Iterator[list[Any]]:
    """The items of a list, a page at a time; a list that ages while it is read is read on."""
    token = ""
    while True:
        more = f"&continue={quote(token)}" if token else ""
        listed = api.get(f"{folder}?limit={PAGE}{more}") or {}
        yield listed.get("items") or []
        token = (listed.get("metadata") or {}).get("continue", "")
        if not token:
            return


def _secrets(view: ClusterView, namespaces: Iterable[str]) -> Iterator[Any]:
    for namespace in namespaces:
        keys = view.keys(namespace)
        for name in view.secrets(namespace):
            data = dict.fromkeys(keys.get(name, ()), "")
            metadata = {"name": name, "namespace": namespace}
            yield {"kind": "Secret", "metadata": metadata, "data": data}


def _logs(api: ApiServer) -> Callable[[str, str, str, bool], str]:
    def logs(namespace: str, pod: str, container: str, previous: bool) -> str:
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        before = "&previous=true" if previous else ""
        text = api.text(f"{path}?tailLines={_LINES}&container={container}{before}")
        if text.startswith(_NO_LOG):  # kubelet says so where the log would be
            return ""
        return "\n".join(plain(line) for line in text.splitlines())

    return logs
