"""The control plane's processes, with the flags that each is started with."""

from __future__ import annotations

from pathlib import Path

from phaseline.operators.clusters.embedded.layout import CONFIG, INSIDE, Layout
from phaseline.operators.clusters.embedded.unit import unit
from phaseline.process.supervisor import Unit


def control_plane(layout: Layout, binaries: Path) -> list[Unit]:
    """etcd, the API server, and what works through it."""
    state, pki = layout.state, INSIDE / "pki"
    node, services = state.node_address, state.service_range
    return [
        unit(
            "etcd",
            binaries / "etcd",
            f"--name={state.name}",
            f"--data-dir={INSIDE}/etcd",
            "--listen-client-urls=https://127.0.0.1:2379",
            "--advertise-client-urls=https://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            f"--initial-cluster={state.name}=http://127.0.0.1:2380",
            f"--cert-file={pki}/etcd/server.crt",
            f"--key-file={pki}/etcd/server.key",
            "--client-cert-auth",
            f"--trusted-ca-file={pki}/etcd/ca.crt",
            "--listen-metrics-urls=http://127.0.0.1:2381",
            "--log-level=warn",
            ready="http://127.0.0.1:2381/readyz",
        ),
        unit(
            "kube-apiserver",
            binaries / "kube-apiserver",
            f"--advertise-address={node}",
            "--secure-port=6443",
            "--allow-privileged=true",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--profiling=false",
            f"--client-ca-file={pki}/ca.crt",
            "--etcd-servers=https://127.0.0.1:2379",
            f"--etcd-cafile={pki}/etcd/ca.crt",
            f"--etcd-certfile={pki}/apiserver-etcd-client.crt",
            f"--etcd-keyfile={pki}/apiserver-etcd-client.key",
            f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
            f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
            "--kubelet-preferred-address-types=InternalIP",
            "--enable-aggregator-routing=true",  # to endpoints: the metrics API needs no kube-proxy
            f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
            f"--proxy-client-key-file={pki}/front-proxy-client.key",
            f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            f"--service-cluster-ip-range={services}",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            after="etcd",
            ready="https://127.0.0.1:6443/readyz",
        ),
        unit(
            "kube-controller-manager",
            binaries / "kube-controller-manager",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--allocate-node-cidrs=true",
            f"--cluster-cidr={state.pod_range}",
            f"--cluster-name={state.name}",
            f"--service-cluster-ip-range={services}",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            f"--kubeconfig={CONFIG}/controller-manager.conf",
            f"--root-ca-file={pki}/ca.crt",
            f"--flex-volume-plugin-dir={INSIDE}/volume-plugins",  # else it makes one in /usr
            f"--service-account-private-key-file={pki}/sa.key",
            "--use-service-account-credentials=true",
            "--profiling=false",
            after="kube-apiserver",
        ),
        unit(
            "kube-scheduler",
            binaries / "kube-scheduler",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--kubeconfig={CONFIG}/scheduler.conf",
            "--profiling=false",
            after="kube-apiserver",
        ),
    ]
