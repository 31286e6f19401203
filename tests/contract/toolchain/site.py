"""A release site on this machine, laid out like the upstream ones, with faults on demand."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["break once", "break", "wrong", "cut", "hang", "error once", "stall"]

HELM = "get.helm.sh/helm-v4.2.4-linux-amd64.tar.gz"
HELM_PROGRAM = b"#!/bin/sh\necho v4.2.4+g0000000\n" + b"#" * 400_000
MINIKUBE = "github.com/kubernetes/minikube/releases/download/v1.38.1/minikube-linux-amd64"
KUBECTL_AI = (
    "github.com/GoogleCloudPlatform/kubectl-ai/releases/download/v0.0.28/"
    "kubectl-ai_Linux_x86_64.tar.gz"
)
KUBERNETES = "dl.k8s.io/release/v1.36.3/bin/linux/amd64"
NODE_PROGRAMS = (
    "kubelet",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubeadm",
    "kubectl",
)
ETCD = "github.com/etcd-io/etcd/releases/download/v3.6.8"


def archive(members: dict[str, bytes]) -> bytes:
    """A tar.gz of programs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=0) as content:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            content.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def digest(data: bytes) -> str:
    """sha256 as hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass
class Site:
    """Files by path, faults by path, and the requests that were made."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def publish_helm(self) -> None:
        """Helm's release, as get.helm.sh has it."""
        data = archive({"linux-amd64/helm": HELM_PROGRAM, "linux-amd64/LICENSE": b"free"})
        self.files[HELM] = data
        name = HELM.rpartition("/")[2]
        self.files[f"{HELM}.sha256sum"] = f"{digest(data)}  {name}\n".encode()

    def publish_minikube(self) -> None:
        """Minikube's release, as its site has it: the program itself, and its bare digest."""
        data = b"#!/bin/sh\necho v1.38.1\n"
        self.files[MINIKUBE] = data
        self.files[f"{MINIKUBE}.sha256"] = f"{digest(data)}\n".encode()

    def publish_kubectl_ai(self) -> None:
        """kubectl-ai's release, as goreleaser makes it: an archive, and digests of all archives."""
        program = b"#!/bin/sh\nprintf 'version: 0.0.28\\ncommit: 0\\n'\n"
        data = archive({"LICENSE": b"free", "kubectl-ai": program})
        self.files[KUBECTL_AI] = data
        folder, _, name = KUBECTL_AI.rpartition("/")
        sums = f"{'0' * 64}  kubectl-ai_Darwin_arm64.tar.gz\n{digest(data)}  {name}\n"
        self.files[f"{folder}/kubectl-ai_0.0.28_checksums.txt"] = sums.encode()

    def publish_kubernetes(self, coredns: str) -> None:
        """The releases of Kubernetes, etcd and CoreDNS, as their sites have them."""
        for name in NODE_PROGRAMS:
            data = f"#!/bin/sh\necho {name} Kubernetes v1.36.3\n".encode()
            self.files[f"{KUBERNETES}/{name}"] = data
            self.files[f"{KUBERNETES}/{name}.sha256"] = digest(data).encode()
        etcd = "etcd-v3.6.8-linux-amd64"
        data = archive({f"{etcd}/etcd": b"#!/bin/sh\n", f"{etcd}/etcdctl": b"#!/bin/sh\n"})
        self.files[f"{ETCD}/{etcd}.tar.gz"] = data
        sums = f"{'0' * 64}  {etcd}.other\n{digest(data)}  {etcd}.tar.gz\n"
        self.files[f"{ETCD}/SHA256SUMS"] = sums.encode()
        place = f"github.com/coredns/coredns/releases/download/v{coredns}"
        file = f"coredns_{coredns}_linux_amd64.tgz"
        data = archive({"coredns": b"#!/bin/sh\n"})
        self.files[f"{place}/{file}"] = data
        self.files[f"{place}/{file}.sha256"] = f"{digest(data)}  {file}\n".encode()

    def asked(self, method: str, path: str) -> int:
        """How often a path was asked for."""
        return self.requests.count((method, path))


def serve(site: Site) -> ThreadingHTTPServer:
    """Start to serve `site`; its address is put in `site.url`."""

    class Handler(_Handler):
        content = site

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    return server


class _Handler(BaseHTTPRequestHandler):
    content: Site

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.lstrip("/")
        self.content.requests.append((self.command, path))
        fault = self.content.faults.get(path)
        if fault == "hang":
            time.sleep(6)
            return
        if fault == "error once":
            del self.content.faults[path]
        data = self.content.files.get(path)
        if data is None or fault == "error once":
            self.send_error(404 if data is None else 503)
            return
        self._send(path, data, fault, body=body)

    def _send(self, path: str, data: bytes, fault: Fault | None, *, body: bool) -> None:
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        data = {"wrong": data[:-1] + b"!", "cut": data[: len(data) // 2]}.get(fault or "", data)
        data = data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not body:
            return
        if fault in ("break", "break once", "stall"):
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            if fault == "break once":
                del self.content.faults[path]
            if fault == "stall":
                time.sleep(4)
            return
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
