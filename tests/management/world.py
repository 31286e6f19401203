"""A workspace whose tools and cluster are stand-ins that behave as documented.

The API server answers with one node, a Deployment for each component, Services and their endpoints
(https://kubernetes.io/docs/reference/kubernetes-api/); kubectl and helm are scripts on PATH.
"""

from __future__ import annotations

import json
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from phaseline.core.workspace import Context, Workspace
from phaseline.operators.clusters.model import ClusterState, kubeconfig, save
from phaseline.operators.images.model import BuiltImage, store
from tests.contract.test_api_server import pair

TREE = Path(__file__).parents[2]
LINKED = ("backend", "charts", "database", "dockerfiles", "frontend")
COMPONENTS = ("backend", "frontend", "database")
NAMESPACE = "todo-app"
CLUSTER = "stand-in"
REVISIONS = [
    {
        "revision": number,
        "updated": f"2026-11-2{number}T10:00:00.000000000Z",
        "status": "deployed" if number == 3 else "superseded",
        "chart": "todo-app-0.2.0",
        "app_version": "0.1.0",
        "description": "Upgrade complete",
    }
    for number in (1, 2, 3)
]
KUBECTL = """#!/bin/sh
case "$*" in
*version*) echo '{"clientVersion": {"gitVersion": "v1.36.3"}}' ;;
*logs*) echo '[pod/todo-app/backend] {"event": "listening"}' ;;
*) exit 1 ;;
esac
"""
HELM = f"""#!/bin/sh
case "$*" in
*version*) echo v4.2.4 ;;
*history*) echo '{json.dumps(REVISIONS)}' ;;
*) exit 1 ;;
esac
"""


def image(name: str) -> BuiltImage:
    """The record of a component's image."""
    id = f"sha256:{COMPONENTS.index(name):064x}"
    return BuiltImage(
        component=name,
        repository=f"localhost/todo-app/{name}",
        tag=id[-12:],
        id=id,
        size=10**7,
        base="",
        route="packages",
        layers=(f"sha256:{'a' * 64}",),
    )


def _deployment(name: str) -> dict[str, Any]:
    container = {"name": name, "image": image(name).reference}
    return {
        "metadata": {"name": f"todo-app-{name}", "namespace": NAMESPACE, "generation": 2},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
        "status": {
            "observedGeneration": 2,
            "replicas": 1,
            "readyReplicas": 1,
            "updatedReplicas": 1,
            "availableReplicas": 1,
        },
    }


def _service(number: int) -> dict[str, Any]:
    port = {"name": "http", "port": 8080, "nodePort": 30000 + number, "protocol": "TCP"}
    name = "todo-app-frontend" if number == 0 else f"service-{number:04d}"
    spec = {"type": "NodePort", "clusterIP": "10.0.0.9", "ports": [port]}
    return {"metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def _slice(number: int) -> dict[str, Any]:
    name = _service(number)["metadata"]["name"]
    endpoint = {"addresses": ["10.0.1.7"], "conditions": {"ready": True}}
    labels = {"kubernetes.io/service-name": name}
    return {"metadata": {"name": f"{name}-x", "labels": labels}, "endpoints": [endpoint]}


def answers(services: int) -> dict[str, Any]:
    """What the API server has, by path; lists without their metadata."""
    node = {
        "metadata": {"name": "node"},
        "spec": {},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    place = f"namespaces/{NAMESPACE}"
    return {
        "/api/v1/nodes": ("Node", [node]),
        f"/apis/apps/v1/{place}/deployments": ("Deployment", list(map(_deployment, COMPONENTS))),
        f"/apis/apps/v1/{place}/statefulsets": ("StatefulSet", []),
        f"/apis/apps/v1/{place}/daemonsets": ("DaemonSet", []),
        f"/api/v1/{place}/pods": ("Pod", []),
        f"/api/v1/{place}/services": ("Service", [_service(n) for n in range(services)]),
        f"/apis/discovery.k8s.io/v1/{place}/endpointslices": (
            "EndpointSlice",
            [_slice(n) for n in range(services)],
        ),
    }


@contextmanager
def api_server(folder: Path, services: int) -> Iterator[dict[str, Any]]:
    """A stand-in, and the kubeconfig for it."""
    own, known = pair(), answers(services)
    (folder / "own.pem").write_bytes(own.certificate + own.key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "own.pem")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            kind, items = known.get(path, ("", []))
            empty = path.count("/") < 8 and "proxy" not in path
            content = {"kind": f"{kind}List", "metadata": {}, "items": items}
            self._say(200 if kind or empty else 404, content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(403, {"kind": "Status", "message": "this one takes nothing"})

        def _say(self, status: int, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    cluster = {
        "server": f"https://127.0.0.1:{server.server_port}",
        "certificate-authority": str(folder / "own.pem"),
    }
    yield {
        "current-context": CLUSTER,
        "contexts": [{"name": CLUSTER, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    server.shutdown()
    server.server_close()
    thread.join()


def workspace(folder: Path) -> Context:
    """This checkout's application, with a state of its own."""
    for name in LINKED:
        (folder / name).symlink_to(TREE / name)
    (folder / "pipeline.yaml").write_text((TREE / "pipeline.yaml").read_text())
    return Context(Workspace(folder))


def furnish(context: Context, access: dict[str, Any]) -> None:
    """Give the workspace images and the stand-in cluster."""
    for name in COMPONENTS:
        store(context, name, image(name))
    state = ClusterState(
        provider="context", chosen_because="it is a test", name=CLUSTER, kubernetes="v1.36.3"
    )
    save(context, state)
    kubeconfig(context).write_text(yaml.safe_dump(access))


def programs(folder: Path) -> Path:
    """A folder for PATH with kubectl and helm."""
    folder.mkdir()
    for name, text in (("kubectl", KUBECTL), ("helm", HELM)):
        path = folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder
