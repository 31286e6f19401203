"""The Kubernetes API server, asked directly: for each question kubectl takes a fifth of a second.

Kinds of objects and their paths: https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from phaseline.core.errors import CommandFailed, InvalidConfiguration, Unreachable
from phaseline.core.files import digest_text

if TYPE_CHECKING:
    from urllib3 import HTTPSConnectionPool

SECONDS = 10.0
_JSON = "application/json"
# Names, labels and versions only, of one object and of a list.
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

# What Kubernetes itself tells in an object; the rest is what was asked for.
_TOLD = ("apiVersion", "kind", "metadata", "status")


@contextmanager
def connected(kubeconfig: Path) -> Iterator[ApiServer]:
    """The API server of a kubeconfig's current context; the connection is closed at the end.

    Raises:
        InvalidConfiguration: the kubeconfig gives no client certificate.
        Unreachable: it does not answer within ten seconds, here and in every question.
    """
    from urllib3 import HTTPSConnectionPool

    address, context = _access(kubeconfig)
    with HTTPSConnectionPool(
        str(address.hostname), address.port, ssl_context=context, timeout=SECONDS, retries=False
    ) as pool:
        yield ApiServer(pool)


@dataclass(frozen=True)
class ApiServer:
    """An API server that is connected to."""

    pool: HTTPSConnectionPool

    def get(self, path: str, *, accept: str = _JSON) -> Any:
        """What is at `path`, such as `/api/v1/nodes`; None where nothing is.

        Raises:
            CommandFailed: the server refuses; its words are in the message.
        """
        from urllib3.exceptions import HTTPError

        try:
            answer = self.pool.request("GET", path, headers={"Accept": accept})
        except HTTPError as error:
            where = f"{self.pool.host}:{self.pool.port}"
            raise Unreachable(f"the API server {where} does not answer", why=str(error)) from error
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise CommandFailed(f"the API server refused {path}", why=answer.data.decode()[:500])
        return answer.json()

    def items(self, *paths: str) -> list[Any]:
        """The items of each of the lists at `paths`, with their kinds."""
        lists = [listed for path in paths if (listed := self.get(path))]
        return [
            {**item, "kind": listed["kind"].removesuffix("List")}
            for listed in lists
            for item in listed["items"]
        ]

    def metadata(self, path: str) -> list[Any]:
        """The metadata of each object of the list at `path`, without what they hold."""
        return [one["metadata"] for one in self._listed(path, _METADATA_LIST)]

    def ready(self) -> bool:
        """Whether the server says that it is ready."""
        from urllib3.exceptions import HTTPError

        try:
            return self.pool.request("GET", "/readyz").status == 200
        except HTTPError:
            return False

    def states(self, objects: Iterable[Mapping[str, Any]], namespace: str) -> dict[str, str]:
        """What each of `objects`, as manifests have them, holds now, by `Kind/name`.

        It is a digest of all but metadata and status; of a Secret, whose content is not asked for,
        its version; empty where nothing is there. A number of replicas that the manifest leaves
        out is an autoscaler's, and does not count.

        Args:
            namespace: that of the objects that name none.
        """
        known = cache(self._resources)
        wanted: dict[str, list[Mapping[str, Any]]] = {}
        for one in objects:
            found = known(one["apiVersion"]).get(one["kind"])
            place = f"/namespaces/{one['metadata'].get('namespace', namespace)}"
            folder = f"{_root(one['apiVersion'])}{place if found and found['namespaced'] else ''}"
            wanted.setdefault(f"{folder}/{found['name']}" if found else "", []).append(one)
        return {
            f"{one['kind']}/{one['metadata']['name']}": _state(one, found)
            for folder, listed in wanted.items()
            for one, found in zip(listed, self._each(folder, listed), strict=True)
        }

    def _each(self, folder: str, objects: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        """What is there of each of `objects`, all of one kind: several are asked for as a list."""
        names = [one["metadata"]["name"] for one in objects]
        secret = objects[0]["kind"] == "Secret"
        if not folder:
            yield from (None for _ in names)
        elif len(names) == 1:
            yield self.get(f"{folder}/{names[0]}", accept=_METADATA if secret else _JSON)
        else:
            listed = self._listed(folder, _METADATA_LIST if secret else _JSON)
            found = {one["metadata"]["name"]: one for one in listed}
            yield from (found.get(name) for name in names)

    def _listed(self, path: str, accept: str) -> list[Any]:
        listed = self.get(path, accept=accept) or {}
        return listed.get("items") or []  # a list of metadata that has none says null

    def _resources(self, version: str) -> dict[str, Mapping[str, Any]]:
        listed = self.get(_root(version)) or {"resources": []}
        return {one["kind"]: one for one in listed["resources"] if "/" not in one["name"]}


def _state(wanted: Mapping[str, Any], found: Any) -> str:
    if not found:
        return ""
    if wanted["kind"] == "Secret":
        return str(found["metadata"]["resourceVersion"])
    held = {name: found[name] for name in found if name not in _TOLD}
    if isinstance(spec := held.get("spec"), dict) and "replicas" not in (wanted.get("spec") or ()):
        held["spec"] = {name: spec[name] for name in spec if name != "replicas"}
    return digest_text(json.dumps(held, sort_keys=True))


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _access(kubeconfig: Path) -> tuple[SplitResult, ssl.SSLContext]:
    """The server's address, and trust in it with our certificate for it."""
    import yaml

    told = yaml.load(kubeconfig.read_text(), Loader=yaml.CSafeLoader)
    chosen = _named(told, "contexts", told["current-context"])["context"]
    cluster = _named(told, "clusters", chosen["cluster"])["cluster"]
    user = _named(told, "users", chosen["user"])["user"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=_content(cluster, "certificate-authority").decode())
        _identify(context, _content(user, "client-certificate"), _content(user, "client-key"))
    except KeyError as error:
        raise InvalidConfiguration(f"{kubeconfig} has no {error.args[0]}") from error
    return urlsplit(cluster["server"]), context


def _identify(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # OpenSSL reads files only. This one is on no disk: a key would stay there after a kill.
    with os.fdopen(os.memfd_create("client-certificate"), "wb") as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")


def _named(told: Mapping[str, Any], kind: str, name: str) -> Any:
    return next(one for one in told[kind] if one["name"] == name)


def _content(told: Mapping[str, Any], name: str) -> bytes:
    """What a kubeconfig has of a certificate or key: inline, or as a file's name."""
    if inline := told.get(f"{name}-data"):
        return base64.b64decode(inline)
    return Path(told[name]).read_bytes()
