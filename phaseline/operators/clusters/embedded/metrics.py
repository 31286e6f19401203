"""The resource metrics API, which `kubectl top` and autoscalers ask: an aggregated API server.

Run by the supervisor as `python -m phaseline.operators.clusters.embedded.metrics KUBECONFIG NODE
ADDRESS`. It keeps nothing and does nothing unasked: each question is answered from the kubelet's
last look. The API server has authenticated and authorized whoever asks, and is the only client: it
shows a certificate of the front proxy's authority, which issues no other.
https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
"""

from __future__ import annotations

import json
import re
import ssl
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from phaseline.core.errors import PhaselineError
from phaseline.operators.clusters.embedded import serving
from phaseline.operators.clusters.embedded.layout import INSIDE, METRICS_PORT
from phaseline.operators.clusters.embedded.usage import (
    VERSION,
    discovery,
    node_metrics,
    pod_metrics,
)
from phaseline.tools.api_server import ApiServer, connected

HOST = "metrics.kube-system.svc"
_PATH = re.compile(
    r"(?:/namespaces/(?P<namespace>[^/]+))?/(?P<kind>nodes|pods)(?:/(?P<name>[^/]+))?"
)
_SELECTORS = ("labelSelector", "fieldSelector")


class Metrics:
    """Answers questions about the one node, through the API server."""

    def __init__(self, api: ApiServer, node: str) -> None:
        self.api, self.node = api, node

    def answer(self, target: str) -> Any:
        """What is at `target`, a path with its query; None where nothing is.

        Raises:
            Unreachable, CommandFailed: the API server or the kubelet does not tell.
        """
        address = urlsplit(target)
        below = address.path.removeprefix(f"/apis/{VERSION}")
        if below == address.path:
            return None
        if not below.strip("/"):
            return discovery()
        if not (asked := _PATH.fullmatch(below)):
            return None
        items = self._items(asked["kind"], asked["namespace"], asked["name"], address.query)
        if asked["name"]:
            return items[0] if items else None
        kind = {"nodes": "NodeMetricsList", "pods": "PodMetricsList"}[asked["kind"]]
        return {"kind": kind, "apiVersion": VERSION, "metadata": {}, "items": items}

    def _items(self, kind: str, namespace: str | None, name: str | None, query: str) -> list[Any]:
        within = f"/namespaces/{quote(namespace)}" if namespace else ""
        selectors = {key: value for key, value in parse_qs(query).items() if key in _SELECTORS}
        if name:
            selectors = {"fieldSelector": [f"metadata.name={name}"]}
        found = self.api.items(f"/api/v1{within}/{kind}?{urlencode(selectors, doseq=True)}")
        summary = self._summary()
        if kind == "pods":
            return pod_metrics(found, summary)
        return [told for node in found if (told := node_metrics(node, summary))]

    def _summary(self) -> Any:
        only = "stats/summary?only_cpu_and_memory=true"
        return self.api.get(f"/api/v1/nodes/{self.node}/proxy/{only}")


class Handler(BaseHTTPRequestHandler):
    """GET with JSON; failures are objects of the kind Status, as clients of Kubernetes expect."""

    protocol_version = "HTTP/1.1"
    timeout = 120
    metrics: Metrics

    def do_GET(self) -> None:
        """Answer one question."""
        try:
            found = self.metrics.answer(self.path)
        except PhaselineError as error:
            self._fail(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", str(error))
        else:
            if found is None:
                self._fail(HTTPStatus.NOT_FOUND, "NotFound", f"there is nothing at {self.path}")
            else:
                self._send(HTTPStatus.OK, found)

    def _fail(self, code: HTTPStatus, reason: str, message: str) -> None:
        told = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
        self._send(code, {**told, "reason": reason, "message": message, "code": code.value})

    def _send(self, code: HTTPStatus, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Only failures are logged: the API server looks in every few seconds."""
        if code not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            super().log_request(code, size)


class Server(ThreadingHTTPServer):
    """One thread for each connection; who is not trusted is a line in the log, not a trace."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell that a connection ended by an error."""
        print(f"{client_address[0]}: {sys.exc_info()[1]}", flush=True)  # noqa: T201 - its log


def listen(address: tuple[str, int], metrics: Metrics, trust: ssl.SSLContext) -> Server:
    """A server at `address` that answers from `metrics` and takes whom `trust` takes."""
    handler = type("MetricsHandler", (Handler,), {"metrics": metrics})
    server = Server(address, handler)
    # the handshake is the handler's, in its own thread: one that stalls holds up nobody
    server.socket = trust.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return server


def main(kubeconfig: str, node: str, address: str) -> None:
    """Serve until the process is ended."""
    trust = serving.context(INSIDE / "pki", HOST)
    with connected(Path(kubeconfig)) as api:
        listen((address, METRICS_PORT), Metrics(api, node), trust).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
