"""A rendered manifest as objects: workloads, Services and what they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.workspace import Context

Object = Mapping[str, Any]

# Where each kind keeps its pod; the first three serve until they are stopped.
SERVING = ("Deployment", "StatefulSet", "DaemonSet")
_POD_AT = {
    **dict.fromkeys((*SERVING, "ReplicaSet", "Job"), ("spec", "template")),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}


@dataclass(frozen=True)
class Workload:
    """An object that runs pods: its kind, name, and the pod's labels and specification.

    Attributes:
        hook: for what Helm runs it apart from the release, such as `test`; empty for the rest.
    """

    kind: str
    name: str
    labels: Mapping[str, str]
    pod: Object
    hook: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def serves(self) -> bool:
        """Whether it runs until it is stopped, rather than to an end."""
        return self.kind in SERVING

    @property
    def ends(self) -> bool:
        """Whether it runs to an end: jobs, and what Helm runs at one moment."""
        return bool(self.hook) or self.kind in ("Job", "CronJob")

    @property
    def containers(self) -> tuple[Object, ...]:
        """The containers that run side by side, sidecars among them."""
        sidecars = [c for c in self.pod.get("initContainers") or () if is_sidecar(c)]
        return (*sidecars, *(self.pod.get("containers") or ()))

    @property
    def ports(self) -> tuple[str | int, ...]:
        """The ports that its containers open, by name and by number."""
        opened = [port for one in self.containers for port in one.get("ports") or ()]
        return tuple(v for port in opened for v in (port.get("name"), port["containerPort"]) if v)

    @property
    def every_container(self) -> tuple[Object, ...]:
        """Those, and the ones that run before them."""
        return (*(self.pod.get("initContainers") or ()), *(self.pod.get("containers") or ()))


def is_sidecar(container: Object) -> bool:
    """Whether an init container goes on running beside the others."""
    return container.get("restartPolicy") == "Always"


def parse(text: str) -> tuple[Object, ...]:
    """The objects of a manifest in its order, the items of lists among them.

    Raises:
        CheckFailed: it is not YAML, or one of its documents is no Kubernetes object.
    """
    try:
        documents = [one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one is not None]
    except yaml.YAMLError as error:
        raise CheckFailed("what the chart renders is not YAML", why=str(error)) from error
    return tuple(one for document in documents for one in _flattened(document))


def _flattened(document: Any) -> Iterator[Object]:
    if not isinstance(document, dict) or not document.get("kind"):
        raise CheckFailed(
            "the chart renders something that is no Kubernetes object",
            why=str(document)[:200],
            fix="each document needs apiVersion, kind and metadata.name",
        )
    if document["kind"].endswith("List") and "items" in document:
        for item in document["items"] or ():
            yield from _flattened(item)
    elif not name_of(document):
        raise CheckFailed(f"the chart renders a {document['kind']} without metadata.name")
    else:
        yield document


def manifest_file(context: Context) -> Path:
    """Where T014 writes what the chart makes of the values."""
    return context.state / "chart" / "manifest.yaml"


def read_manifest(context: Context) -> str:
    """What T014 rendered, as text.

    Raises:
        InvalidConfiguration: nothing was rendered yet.
    """
    try:
        return manifest_file(context).read_text(encoding="utf-8")
    except FileNotFoundError:
        reason = "the chart was not rendered yet"
        raise InvalidConfiguration(reason, fix="run `invoke chart`") from None


def load_manifest(context: Context) -> tuple[Object, ...]:
    """The objects that T014 rendered.

    Raises:
        InvalidConfiguration: nothing was rendered yet.
    """
    return parse(read_manifest(context))


def name_of(one: Object) -> str:
    """`metadata.name`; empty where there is none."""
    return str((one.get("metadata") or {}).get("name") or "")


def title(one: Object) -> str:
    """`Kind/name`, as kubectl takes it."""
    return f"{one['kind']}/{name_of(one)}"


def of_kind(objects: tuple[Object, ...], kind: str) -> dict[str, Object]:
    """The objects of one kind, by name."""
    return {name_of(one): one for one in objects if one["kind"] == kind}


def workloads(objects: tuple[Object, ...]) -> tuple[Workload, ...]:
    """Every object that runs pods, in the manifest's order."""
    return tuple(_workload(one) for one in objects if one["kind"] in _POD_AT)


def _workload(one: Object) -> Workload:
    pod: Any = one
    for part in _POD_AT[one["kind"]]:
        pod = pod.get(part) or {}
    labels = (pod.get("metadata") or {}).get("labels") or {}
    hook = ((one.get("metadata") or {}).get("annotations") or {}).get("helm.sh/hook", "")
    return Workload(one["kind"], name_of(one), labels, pod.get("spec") or {}, hook)
