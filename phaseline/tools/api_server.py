"""The Kubernetes API server, asked directly: for each question kubectl takes a fifth of a second.

Kinds of objects and their paths: https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from phaseline.core.errors import CommandFailed, InvalidConfiguration, Unreachable
from phaseline.core.files import digest_text
from phaseline.tools import kubeconfig

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, HTTPConnectionPool

SECONDS = 10.0
_JSON = "application/json"
# Names, labels and versions only, of one object and of a list.
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

# What Kubernetes itself tells in an object; the rest is what was asked for.
_TOLD = ("apiVersion", "kind", "metadata", "status")


def connected(file: Path) -> AbstractContextManager[ApiServer]:
    """The API server of a kubeconfig's current context; raises as `connected_to`."""
    return connected_to(kubeconfig.read(file))


@contextmanager
def connected_to(told: Mapping[str, Any]) -> Iterator[ApiServer]:
    """The API server of a kubeconfig's current context; the connection is closed at the end.

    Raises:
        InvalidConfiguration: the kubeconfig gives no credentials, or no address of https.
        Unreachable: it does not answer within ten seconds, here and in every question.
    """
    from urllib3 import HTTPSConnectionPool

    cluster, user = kubeconfig.current(told)
    shown, address = kubeconfig.credentials(user), urlsplit(cluster["server"])
    if address.scheme != "https" or not address.hostname:
        raise InvalidConfiguration(f"the server {cluster['server']} is not one of https")
    # a name that its certificate has, where that is not the one that it is called by
    named = {"server_hostname": name} if (name := cluster.get("tls-server-name")) else {}
    with HTTPSConnectionPool(
        address.hostname,
        address.port,
        headers=dict(shown.headers),
        ssl_context=_trust(cluster, shown),
        timeout=SECONDS,
        retries=False,
        **named,
    ) as pool:
        yield ApiServer(pool, address.path.rstrip("/"))


@dataclass(frozen=True)
class Answer:
    """An answer as it came. `date` is the clock of who gave it, as HTTP has it."""

    status: int
    text: str
    date: str


def connected_as(file: Path, token: str) -> AbstractContextManager[ApiServer]:
    """The API server of a kubeconfig, known to it by an account's token and by nothing else."""
    told = kubeconfig.read(file)
    users = [{"name": one["name"], "user": {"token": token}} for one in told["users"]]
    return connected_to({**told, "users": users})


@dataclass(frozen=True)
class ApiServer:
    """An API server that is connected to.

    Attributes:
        prefix: what stands before each path, where several servers are behind one address.
    """

    pool: HTTPConnectionPool
    prefix: str = ""

    def get(self, path: str, *, accept: str = _JSON) -> Any:
        """What is at `path`, such as `/api/v1/nodes`; None where nothing is.

        Raises:
            CommandFailed: the server refuses; its words are in the message.
        """
        answer = self._ask("GET", path, {"Accept": accept})
        if answer.status == 404:
            return None
        _granted(answer, path)
        return answer.json()

    def allowed(
        self, verb: str, resource: str, group: str = "", namespace: str = "", *, name: str = ""
    ) -> bool:
        """Whether this user may do `verb` to `resource`; in all namespaces where none is named.

        Args:
            name: the one object that is asked about; any where it is empty.

        By https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/.
        """
        attributes = {"verb": verb, "resource": resource, "group": group, "namespace": namespace}
        attributes |= {"name": name} if name else {}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        return bool(self.send("POST", path, body)["status"]["allowed"])

    def text(self, path: str) -> str:
        """What is at `path` as text, such as a pod's log; "" where there is none."""
        answer = self._ask("GET", path, {"Accept": "*/*"})
        return answer.data.decode(errors="replace") if answer.status == 200 else ""

    def status(self, path: str) -> int:
        """The HTTP status that is answered at `path`; 0 where nothing answers."""
        try:
            return int(self._ask("GET", path, {"Accept": "*/*"}).status)
        except Unreachable:
            return 0

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, form: str = _JSON
    ) -> Any:
        """Change what is at `path`; returns what the server answers.

        Args:
            method: `POST`, `PUT`, `PATCH` or `DELETE`; form: the media type of `body`, which for a
                patch says of which sort it is.

        Raises:
            CommandFailed: the server refuses; its words are in the message.
        """
        content = json.dumps(body).encode() if body is not None else None
        answer = self._ask(method, path, {"Accept": _JSON, "Content-Type": form}, content)
        _granted(answer, f"{method} {path}")
        return answer.json()

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> BaseHTTPResponse:
        from urllib3.exceptions import HTTPError

        shown = {**self.pool.headers, **headers}
        try:
            return self.pool.request(method, self.prefix + path, headers=shown, body=body)
        except HTTPError as error:
            where = f"{self.pool.host}:{self.pool.port}"
            raise Unreachable(f"the API server {where} does not answer", why=str(error)) from error

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
            return self.pool.request("GET", f"{self.prefix}/readyz").status == 200
        except HTTPError:
            return False

    def answer(self, path: str) -> Answer:
        """What is said at `path`, whatever the status.

        Raises:
            Unreachable: nothing is said.
        """
        from urllib3.exceptions import HTTPError

        try:
            told = self.pool.request("GET", self.prefix + path)
        except HTTPError as error:
            where = f"{self.pool.host}:{self.pool.port}"
            raise Unreachable(f"the API server {where} does not answer", why=str(error)) from error
        return Answer(told.status, told.data.decode(), told.headers.get("Date", ""))

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
            yield self.get(f"{folder}/{names[0]}", accept=METADATA if secret else _JSON)
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


def _granted(answer: BaseHTTPResponse, asked: str) -> None:
    if answer.status < 400:
        return
    try:
        why = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        why = answer.data.decode(errors="replace")
    raise CommandFailed(f"the API server refused {asked}", why=why[:1500])


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


def _trust(cluster: Mapping[str, Any], shown: kubeconfig.Credentials) -> ssl.SSLContext:
    """Trust in a server, with our certificate for it where we have one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif authority := kubeconfig.content(cluster, "certificate-authority"):
        context.load_verify_locations(cadata=authority.decode())
    else:
        context.load_default_certs()
    if shown.certificate:
        identify(context, shown.certificate, shown.key)
    return context


def identify(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Let `context` show a certificate; both it and its key are PEM."""
    # OpenSSL reads files only. This one is on no disk: a key would stay there after a kill.
    with os.fdopen(os.memfd_create("client-certificate"), "wb") as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
