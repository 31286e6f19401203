"""`pipeline.yaml` as typed values: an unknown field or a wrong type is refused."""

from __future__ import annotations

import ipaddress
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

PLACEHOLDER = r"\{(\w+)\}"

Role = Literal["backend", "frontend", "database"]
Name = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$")]
Port = Annotated[int, Field(ge=1, le=65535)]


def _inside(path: Path) -> Path:
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("must be a path inside the checkout")
    return path


def _below(glob: str) -> str:
    _inside(Path(glob))
    return glob


def _network(text: str) -> str:
    return str(ipaddress.IPv4Network(text))


Inside = Annotated[Path, AfterValidator(_inside)]
Glob = Annotated[str, AfterValidator(_below)]
Network = Annotated[str, AfterValidator(_network)]


class Strict(BaseModel):
    """A part of `pipeline.yaml`: frozen, and a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wheels(Strict):
    """Fetch the locked Python requirements as wheels before the image is built."""

    kind: Literal["wheels"]
    lock: Inside
    output: Inside = Path(".wheelhouse")


class Npm(Strict):
    """Install the locked npm packages and run one script before the image is built."""

    kind: Literal["npm"]
    script: str = "build"
    output: Inside = Path("dist")


class Build(Strict):
    """How a component's image comes to be.

    `dockerfile` is a Jinja2 template when it ends in `.j2`, rendered to `<folder>/Dockerfile`;
    otherwise it is used as it stands. `sources` are globs below `folder`.
    """

    folder: Inside
    dockerfile: Inside
    base: str | None = None
    sources: tuple[Glob, ...] = ("**/*",)
    prepare: Annotated[Wheels | Npm, Field(discriminator="kind")] | None = None


class Component(Strict):
    """One container image of the application and where the chart expects its name.

    `needs` names components whose images this one's build starts from: they are built first, and
    given to it as the build arguments `IMAGE_<NAME>`.
    """

    name: Name
    role: Role
    build: Build | None = None
    image: str | None = None
    needs: tuple[Name, ...] = ()
    values: str = Field(description="path of the chart value that takes {repository, tag}")
    port: Port
    user: Annotated[int, Field(ge=1)] = 10001
    size_mb: Annotated[int, Field(ge=1)] = 500
    allows: tuple[Allowance, ...] = ()
    try_out: TryOut | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.build is None) == (self.image is None):
            raise ValueError("needs exactly one of `build` and `image`")
        return self


class Allowance(Strict):
    """A finding on the image that is let pass, and why; the table shows both.

    `rule` is as docs/checks.md has it, or one of hadolint's or the vulnerability database's.
    `places` are the paths or packages that it is about; by default all of them.
    """

    rule: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$")]
    reason: Annotated[str, Field(min_length=10)]
    places: tuple[str, ...] = ()


class TryOut(Strict):
    """How T010 runs an image on its own: environment, arguments, and words its log must hold.

    `folders` are the folders beside /tmp that it may write, `files` what its pod would be given
    (path: content), `memory_mb` the memory that it has to do with.
    """

    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    folders: tuple[str, ...] = ()
    files: dict[str, str] = {}
    memory_mb: Annotated[int, Field(ge=6)] = 256
    logs: str


class Base(Strict):
    """A base image: the pinned upstream one, and the Debian packages that stand in for it.

    `users` are lines of passwd(5), `keep_out` globs that are not unpacked except for what `keep`
    matches (`*` matches slashes too), `folders` empty folders (path: octal mode), `links` symbolic
    links (path: target) that a maintainer script would have made.
    """

    upstream: Annotated[str, Field(pattern=r"^[^@\s]+@sha256:[0-9a-f]{64}$")]
    packages: tuple[str, ...]
    users: tuple[str, ...] = ()
    keep_out: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    folders: dict[str, str] = {}
    links: dict[str, str] = {}


class Chart(Strict):
    """The Helm chart and the release that is made of it. `values` are laid over its own."""

    folder: Inside
    release: Name
    namespace: Name
    values: dict[str, Any] = {}
    timeout_seconds: Annotated[int, Field(ge=5, le=3600)] = 180


class ControlPlane(Strict):
    """What the embedded node's own processes may take, so that they leave the rest to others.

    `memory_mb` is for all of them together: they use about 900 and what the kernel can drop again.
    `cpu_weight` is their share of the processors when all are wanted; any other group has 100.
    """

    memory_mb: Annotated[int, Field(ge=1536)] = 3072
    cpu_weight: Annotated[int, Field(ge=1, le=10000)] = 200


class Minikube(Strict):
    """What Minikube is started with, as its documentation of `minikube start` has it.

    `driver` auto lets it choose. `mirrors` are tried before Docker Hub. `arguments` are further
    flags, such as `--base-image=…` where its own images cannot be reached.
    """

    driver: Literal["auto", "docker", "podman", "kvm2", "qemu2", "virtualbox", "none", "ssh"] = (
        "auto"
    )
    disk_mb: Annotated[int, Field(ge=2000)] = 20000
    runtime: Literal["containerd", "docker", "cri-o"] = "containerd"
    addons: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][-a-z0-9]*$")], ...] = ()
    mirrors: tuple[Annotated[str, Field(pattern=r"^https?://\S+$")], ...] = ()
    arguments: tuple[Annotated[str, Field(pattern=r"^--[a-z]")], ...] = ()


class Registry(Strict):
    """The image registry that a cluster of others pulls from.

    Attributes:
        address: how the cluster's nodes name it: host, port and path, such as
            `registry.example.com/team`.
        push: how this machine names it, where that differs.
        user, password: names of the environment variables with its credentials; none for a
            registry that takes everybody.
    """

    address: Annotated[str, Field(pattern=r"^[a-z0-9][-a-z0-9._:]*(/[a-z0-9][-a-z0-9._]*)*$")]
    push: Annotated[str, Field(pattern=r"^([a-z0-9][-a-z0-9._:]*(/[a-z0-9][-a-z0-9._]*)*)?$")] = ""
    user: Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9_]*)?$")] = ""
    password: Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9_]*)?$")] = ""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password go together")
        return self


class Cluster(Strict):
    """The cluster that is wanted. Address ranges are IPv4.

    Attributes:
        provider: `context:NAME` is a context of the user's kubeconfig, `context` its current one.
        registry: what a cluster of a context pulls the images from.
        extras: further processes of an embedded node: `ingress` serves Ingresses at its ports 80
            and 443, `registry` is an image registry at its port 5000.
    """

    provider: Annotated[str, Field(pattern=r"^(auto|embedded|minikube|context(:\S.*)?)$")] = "auto"
    kubernetes: Annotated[str, Field(pattern=r"^v1\.\d+\.\d+$")] = "v1.36.3"
    link_range: Network = "172.31.0.0/16"
    pod_range: Network = "10.244.0.0/16"
    service_range: Network = "10.96.0.0/16"
    cpus: Annotated[int, Field(ge=2)] = 2
    memory_mb: Annotated[int, Field(ge=1800)] = 4096
    control_plane: ControlPlane = ControlPlane()
    minikube: Minikube = Minikube()
    registry: Registry | None = None
    extras: tuple[Literal["ingress", "registry"], ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        names = ("link_range", "pod_range", "service_range")
        ranges = {name: ipaddress.IPv4Network(getattr(self, name)) for name in names}
        for first in names:
            for second in names:
                if first < second and ranges[first].overlaps(ranges[second]):
                    raise ValueError(f"{first} {ranges[first]} overlaps {second} {ranges[second]}")
        if ranges["link_range"].prefixlen > 28:
            raise ValueError("link_range must be /28 or larger: each cluster takes a /30 of it")
        return self


class Address(Strict):
    """An address that a person opens: a port of a Service, by a node port or by an Ingress."""

    name: str
    service: Name
    port: Name
    path: str = "/"
    through: Literal["nodePort", "ingress"] = "nodePort"


class Request(Strict):
    """One HTTP request of a journey. `{name}` in path and json is replaced by what was kept."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    json_body: Any = Field(default=None, alias="json")
    status: int
    expect: dict[str, Any] = {}
    keep: dict[str, str] = {}


class Journey(Strict):
    """A use of the application that proves it works, end to end, through one address."""

    name: str
    address: str
    requests: tuple[Request, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _kept_before_used(self) -> Self:
        kept: set[str] = set()
        for number, request in enumerate(self.requests, start=1):
            if unknown := set(re.findall(PLACEHOLDER, request.path)) - kept:
                raise ValueError(
                    f"request {number}: path uses {{{min(unknown)}}}, which none before it keeps"
                )
            kept |= request.keep.keys()
        return self


class About(Strict):
    """What the labels of the images say of the application: as the OCI image specification has it.

    `version` and `licenses` are of the application, `source` is where its source can be read.
    """

    version: str = ""
    licenses: str = Field(default="", description="an SPDX license expression")
    source: str = ""


Quantities = dict[
    Annotated[str, Field(pattern=r"^[a-z0-9][-a-z0-9./]*$")],
    Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")],
]


class Defaults(Strict):
    """What a container of the namespace gets that names nothing, and what it may have at most."""

    limits: Quantities = {}
    requests: Quantities = {}
    most: Quantities = {}


class Quota(Strict):
    """What the application's namespace may take: a ResourceQuota, and a LimitRange for containers.

    `namespace` has the names that a ResourceQuota knows (`requests.cpu`, `pods`), as
    https://kubernetes.io/docs/concepts/policy/resource-quotas/ lists them. Leave room for the
    second set of pods that a rolling update starts.
    """

    namespace: Quantities = {}
    container: Defaults = Defaults()


class Vulnerabilities(Strict):
    """The database of known vulnerabilities: one that speaks OSV's API, https://google.github.io/osv.dev/api."""

    database: Annotated[str, Field(pattern=r"^https?://\S+$")] = "https://api.osv.dev"


class Model(Strict):
    """The model that assistants use, and what one answer may take.

    Attributes:
        base: address of an OpenAI-compatible API; OPENAI_BASE_URL comes before it.
        name: of the model; PHASELINE_MODEL comes before it.
        seconds: until an assistant has answered a request.
        iterations: turns that an assistant with tools of its own may take for it.
    """

    base: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    name: str = ""
    seconds: Annotated[float, Field(gt=0, le=900, allow_inf_nan=False)] = 120.0
    iterations: Annotated[int, Field(ge=1, le=50)] = 8


class PodBudget(Strict):
    """What one pod of a component may take: its working set, and processors while nobody asks."""

    memory_mb: Annotated[int, Field(ge=1)]
    idle_cpu_percent: Annotated[float, Field(gt=0)] = 20.0


class Latency(Strict):
    """Milliseconds within which so many of a hundred requests are answered, at most."""

    p50: Annotated[float, Field(gt=0)] = 100.0
    p95: Annotated[float, Field(gt=0)] = 500.0
    p99: Annotated[float, Field(gt=0)] = 1000.0


class Budgets(Strict):
    """What the deployed application may take, and has to give; T047 measures it.

    Attributes:
        address, path: what is asked with GET, by `clients` at once, each waiting for its answer.
        seconds: for how long.
        start_seconds: from a pod's making until it is ready.
        requests_per_second: answered, at least.
        growth_mb: by which a pod may grow in the ten minutes of the soak (`nox -s soak`).
        pods: by component.
    """

    address: str = ""
    path: str = ""
    clients: Annotated[int, Field(ge=1, le=64)] = 4
    seconds: Annotated[float, Field(ge=1, le=60)] = 4.0
    start_seconds: Annotated[float, Field(gt=0)] = 120.0
    latency_ms: Latency = Latency()
    requests_per_second: Annotated[float, Field(gt=0)] = 20.0
    growth_mb: Annotated[float, Field(gt=0)] = 32.0
    pods: dict[Name, PodBudget] = {}


class Pipeline(Strict):
    """The whole of `pipeline.yaml`.

    Attributes:
        assistant: who is asked about Dockerfiles in each run that finds them changed; the built-in
            rules take milliseconds, `auto` is the first that there is (docs/assistants.md).
        limits: seconds that a step may take, by its ID, where tasks.py's limit does not suit.
    """

    version: Literal[1]
    application: Name
    about: About = About()
    components: tuple[Component, ...] = Field(min_length=1)
    vulnerabilities: Vulnerabilities = Vulnerabilities()
    bases: dict[str, Base] = {}
    chart: Chart
    cluster: Cluster = Cluster()
    quota: Quota = Quota()
    addresses: tuple[Address, ...] = ()
    journeys: tuple[Journey, ...] = ()
    budgets: Budgets = Budgets()
    assistant: Literal["rules", "auto", "gordon", "docker-agent", "model"] = "rules"
    model: Model = Model()
    limits: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}

    @model_validator(mode="after")
    def _names_meet(self) -> Self:
        names = [component.name for component in self.components]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"components: {twice[0]} is declared twice")
        for component in self.components:
            base = component.build.base if component.build else None
            if base is not None and base not in self.bases:
                raise ValueError(f"components: {component.name} wants the unknown base {base!r}")
        _ordered(self.components)
        places = [address.name for address in self.addresses]
        if twice := sorted({name for name in places if places.count(name) > 1}):
            raise ValueError(f"addresses: {twice[0]} is declared twice")
        known = set(places)
        for journey in self.journeys:
            if journey.address not in known:
                raise ValueError(
                    f"journeys: {journey.name!r} uses the unknown address {journey.address!r}"
                )
        if self.budgets.address not in {"", *known}:
            raise ValueError(f"budgets: the unknown address {self.budgets.address!r}")
        if unknown := sorted(self.budgets.pods.keys() - set(names)):
            raise ValueError(f"budgets: pods: there is no component {unknown[0]!r}")
        return self

    def of_role(self, role: Role | None) -> tuple[Component, ...]:
        """The components of one role, each after those it needs; all of them for None."""
        ordered = _ordered(self.components)
        return tuple(c for c in ordered if role is None or c.role == role)


def _ordered(components: tuple[Component, ...]) -> tuple[Component, ...]:
    """The components, each after those it needs, else in the order of the file."""
    known = {component.name: component for component in components}
    for component in components:
        if unknown := [name for name in component.needs if name not in known]:
            raise ValueError(f"components: {component.name} needs the unknown {unknown[0]!r}")
    try:
        order = TopologicalSorter({c.name: c.needs for c in components}).static_order()
        return tuple(known[name] for name in order)
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise ValueError(f"components: their needs form a cycle: {cycle}") from None
