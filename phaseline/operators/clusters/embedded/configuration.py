"""The node's configuration: rendered files, certificates, and what the supervisor is told."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from phaseline.core.errors import ToolMissing
from phaseline.core.files import write_atomic
from phaseline.operators.clusters.embedded.layout import (
    INSIDE,
    PAUSE,
    PROVISIONER,
    Layout,
)
from phaseline.operators.clusters.embedded.outside import CNI_RESULTS, DEVICES
from phaseline.process.supervisor import Specification, Unit
from phaseline.process.threads import each
from phaseline.render import render
from phaseline.tools import kubeadm

_TEMPLATES = Path(__file__).parent / "templates"
_CONFIG = INSIDE / "config"
_CNI_PLACES = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")
# kubelet sets these for the whole machine; it is shown a node where they are set already
_KERNEL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def write(layout: Layout, binaries: Path) -> None:
    """Write all that the node reads. Certificates that exist are kept.

    Args:
        binaries: the folder that holds kubelet, kube-apiserver and the others.
    """
    values = {
        **asdict(layout.state),
        "host_address": layout.state.host_address,
        "node_address": layout.state.node_address,
        "dns_address": layout.state.dns_address,
        "node_pods": layout.state.node_pods,
        "cgroup": layout.cgroup,
        "folder": layout.folder,
        "pause": PAUSE,
        "provisioner": PROVISIONER,
        "cni_plugins": cni_plugins(),
    }
    for template in sorted(_TEMPLATES.glob("*.j2")):
        name = "cni/10-pods.conflist" if template.name == "cni.conflist.j2" else template.stem
        write_atomic(layout.config / name, render(template, values))
    write_atomic(layout.config / "resolv.conf", "# the node resolves nothing beyond the cluster\n")
    for name, content in _KERNEL.items():
        write_atomic(layout.config / "kernel" / name.replace("/", "."), content + "\n")
    _identities(layout, binaries / "kubeadm")
    specification = _specification(layout, binaries)
    write_atomic(layout.specification, json.dumps(asdict(specification), indent=2))


def cni_plugins() -> str:
    """The folder of the CNI plugins.

    Raises:
        ToolMissing: they are in none of the usual places.
    """
    for place in _CNI_PLACES:
        if (Path(place) / "ptp").exists():
            return place
    raise ToolMissing(
        "the CNI plugins are not there",
        why=f"looked in {', '.join(_CNI_PLACES)}",
        fix="apt-get install containernetworking-plugins",
    )


def _identities(layout: Layout, program: Path) -> None:
    config = layout.config / "kubeadm.yaml"
    wanted = {
        "coredns": "system:coredns",
        "kube-proxy": "system:kube-proxy",
        "volumes": "phaseline:volumes",
    }
    if (layout.config / "volumes.conf").exists():
        return
    kubeadm.certificates(program, config)

    def admin() -> None:
        kubeadm.kubeconfigs(program, config, layout.config)

    def user(name: str) -> None:
        text = kubeadm.user_kubeconfig(program, config, wanted[name])
        write_atomic(layout.config / f"{name}.conf", text, mode=0o600)

    jobs: list[Callable[[], None]] = [admin, partial(user, "coredns"), partial(user, "kube-proxy")]
    each(lambda job: job(), jobs)
    user("volumes")  # last: its file says that all are there


def _specification(layout: Layout, binaries: Path) -> Specification:
    return Specification(
        status=str(layout.status),
        interface="eth0",
        first="kubelet",
        prepare=_prepare(layout),
        units=_units(layout, binaries),
    )


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise ToolMissing(f"`{name}` is not there", fix="run `invoke doctor`")
    return found


def _prepare(layout: Layout) -> list[list[str]]:
    ip, mount, sysctl = _program("ip"), _program("mount"), _program("sysctl")
    state = layout.state
    masks = [
        [mount, "--bind", str(_CONFIG / "kernel" / name.replace("/", ".")), f"/proc/sys/{name}"]
        for name in _KERNEL
        if (Path("/proc/sys") / name).exists()
    ]
    return [
        # /run is about to be covered, and the checkout may lie anywhere: carried over by /var/log
        [mount, "--bind", str(layout.folder), "/var/log"],
        [mount, "-t", "tmpfs", "-o", "mode=0755", "phaseline", "/run"],
        [_program("mkdir"), str(INSIDE)],
        [mount, "--move", "/var/log", str(INSIDE)],
        [mount, "-t", "tmpfs", "phaseline", "/var/log"],
        [mount, "--make-rshared", "/"],  # pods' mount propagation needs it
        [mount, "--bind", str(INSIDE / "cni-results"), str(CNI_RESULTS)],
        [mount, "-t", "tmpfs", "-o", "mode=0755", "phaseline", str(DEVICES)],
        *masks,
        [ip, "link", "set", "lo", "up"],
        [sysctl, "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv4.ip_forward=1"],
        [_program("nft"), "-f", str(_CONFIG / "guard.nft")],
        [ip, "address", "add", f"{state.node_address}/30", "dev", "eth0"],
        [ip, "link", "set", "eth0", "up"],
        [ip, "route", "add", "default", "via", state.host_address],
        # A pod that is gone refuses at once. Sent on to the machine, which drops it, a connection
        # would wait, and so would each later one whose port the kernel still has in mind.
        [ip, "route", "add", "unreachable", state.pod_range],
    ]


def _units(layout: Layout, binaries: Path) -> list[Unit]:
    node, services = layout.state.node_address, layout.state.service_range
    pki, python = INSIDE / "pki", sys.executable

    def unit(name: str, program: str, *flags: str, after: str = "", ready: str = "") -> Unit:
        log = str(INSIDE / "logs" / f"{name}.log")
        return Unit(
            name=name,
            argv=[program, *flags],
            log=log,
            ready=ready,
            after=after.split(),
            env={"HOME": "/run", "TMPDIR": "/run"},  # ends with the node, keys in files included
        )

    def component(name: str, *flags: str, after: str = "", ready: str = "") -> Unit:
        return unit(name, str(binaries / name), *flags, after=after, ready=ready)

    return [
        unit(
            "containerd",
            _program("containerd"),
            f"--config={_CONFIG}/containerd.toml",
            ready="unix:/run/containerd/containerd.sock",
        ),
        component(
            "etcd",
            f"--name={layout.state.name}",
            f"--data-dir={INSIDE}/etcd",
            "--listen-client-urls=https://127.0.0.1:2379",
            "--advertise-client-urls=https://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            f"--initial-cluster={layout.state.name}=http://127.0.0.1:2380",
            f"--cert-file={pki}/etcd/server.crt",
            f"--key-file={pki}/etcd/server.key",
            "--client-cert-auth",
            f"--trusted-ca-file={pki}/etcd/ca.crt",
            "--listen-metrics-urls=http://127.0.0.1:2381",
            "--log-level=warn",
            ready="http://127.0.0.1:2381/readyz",
        ),
        component(
            "kube-apiserver",
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
        component(
            "kube-controller-manager",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--allocate-node-cidrs=true",
            f"--cluster-cidr={layout.state.pod_range}",
            f"--cluster-name={layout.state.name}",
            f"--service-cluster-ip-range={services}",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            f"--kubeconfig={_CONFIG}/controller-manager.conf",
            f"--root-ca-file={pki}/ca.crt",
            f"--flex-volume-plugin-dir={INSIDE}/volume-plugins",  # else it makes one in /usr
            f"--service-account-private-key-file={pki}/sa.key",
            "--use-service-account-credentials=true",
            "--profiling=false",
            after="kube-apiserver",
        ),
        component(
            "kube-scheduler",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            f"--kubeconfig={_CONFIG}/scheduler.conf",
            "--profiling=false",
            after="kube-apiserver",
        ),
        component(
            "kubelet",
            f"--config={_CONFIG}/kubelet.yaml",
            f"--kubeconfig={_CONFIG}/kubelet.conf",
            f"--root-dir={INSIDE}/kubelet",
            f"--hostname-override={layout.state.name}",
            f"--node-ip={node}",
            f"--cert-dir={INSIDE}/kubelet-pki",
            after="containerd kube-apiserver",
        ),
        component("kube-proxy", f"--config={_CONFIG}/kube-proxy.yaml", after="kube-apiserver"),
        component(
            "coredns",
            "-conf",
            f"{_CONFIG}/Corefile",
            after="kube-apiserver",
            ready="http://127.0.0.1:8181/ready",
        ),
        unit(
            "volumes",
            python,
            "-m",
            "phaseline.operators.clusters.embedded.provisioner",
            f"{_CONFIG}/volumes.conf",
            layout.state.name,
            after="kube-apiserver",
        ),
    ]
