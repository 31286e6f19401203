"""The objects of a cluster, or of one namespace of it, at one moment, and how they are joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from phaseline.operators.ai_operations.snapshot.objects import (
    TEMPLATED,
    Object,
    Ref,
    containers,
    leaving,
    normal,
    pod_spec,
    ref,
    selects,
    statuses,
)


@dataclass(frozen=True)
class Workload:
    """What has pods: a Deployment, StatefulSet, DaemonSet, Job or CronJob, or a pod of its own.

    Attributes:
        pods: those that it has now, the ones that are being deleted left out.
        earlier: its templates of before, newest first; only a Deployment's are known.
    """

    object: Object
    pods: tuple[Object, ...] = ()
    earlier: tuple[Object, ...] = ()

    @property
    def ref(self) -> Ref:
        """Its reference."""
        return ref(self.object)

    @cached_property
    def spec(self) -> Object:
        """The pod spec of its newest template."""
        found: Object = pod_spec(self.object)
        return found

    @cached_property
    def troubled(self) -> bool:
        """Whether a container of it is not ready, or was ever restarted."""
        return any(
            not one.get("ready") or one.get("restartCount")
            for pod in self.pods
            for one in statuses(pod)
        )


def _nothing(namespace: str, pod: str, container: str, previous: bool) -> str:
    return ""


def _unknown(pod: Object) -> frozenset[int] | None:
    return None


def _silent(pod: Object, port: int, path: str) -> int:
    return 0


@dataclass(frozen=True)
class Snapshot:
    """Objects by kind, each with its kind; Secrets have the names of their keys and no values.

    Attributes:
        unseen: kinds that could not be listed: what they hold is not known.
        logs: the last lines of a container, by namespace, pod, container and whether of its
            previous life; asked for only when a rule wants them.
        listening: the TCP ports on which a pod listens, None where that cannot be told.
        answers: the HTTP status that a pod gives at a port and path, 0 for none.
    """

    objects: Mapping[str, Sequence[Object]]
    unseen: frozenset[str] = frozenset()
    logs: Callable[[str, str, str, bool], str] = _nothing
    listening: Callable[[Object], frozenset[int] | None] = _unknown
    answers: Callable[[Object, int, str], int] = _silent
    _workloads: dict[str, list[Workload]] = field(default_factory=dict)

    def all(self, kind: str, namespace: str = "") -> Sequence[Object]:
        """The objects of a kind, in one namespace or in all."""
        return self._placed.get((kind, namespace), ()) if namespace else self.objects.get(kind, ())

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object."""
        return self._named.get(Ref(kind, namespace, name))

    def names(self, kind: str, namespace: str) -> list[str]:
        """The names of a namespace's objects of a kind."""
        return [one["metadata"]["name"] for one in self.all(kind, namespace)]

    @cached_property
    def namespaces(self) -> list[str]:
        """Those that hold anything."""
        return sorted({place for _, place in self._placed if place})

    @cached_property
    def images(self) -> frozenset[str]:
        """Images that are on a node or that a container runs, by names in full; no digests."""
        listed = [node.get("status", {}).get("images") or () for node in self.all("Node")]
        named = {name for images in listed for one in images for name in one.get("names") or ()}
        for pod in self.all("Pod"):
            started = {one["name"] for one in statuses(pod) if one.get("containerID")}
            named |= {c["image"] for c in containers(pod["spec"]) if c["name"] in started}
        return frozenset(normal(one) for one in named if "@" not in one)

    def workloads(self, namespace: str) -> list[Workload]:
        """What has pods in a namespace; what another of them owns is left out."""
        if namespace not in self._workloads:
            self._workloads[namespace] = list(self._found(namespace))
        return self._workloads[namespace]

    def troubled(self, namespace: str) -> list[Workload]:
        """The workloads with a container that is not ready or was restarted."""
        return [one for one in self.workloads(namespace) if one.troubled]

    def _found(self, namespace: str) -> Iterator[Workload]:
        for kind in TEMPLATED:
            for one in self.all(kind, namespace):
                if self.owner(one) == ref(one):
                    yield self._workload(one)
        for pod in self.all("Pod", namespace):
            if self.owner(pod) == ref(pod):
                yield Workload(pod, () if leaving(pod) else (pod,))

    def _workload(self, one: Object) -> Workload:
        own = ref(one)
        pods = tuple(pod for pod in self._pods_of.get(own, ()) if not leaving(pod))
        return Workload(one, pods, tuple(self._earlier(one)))

    def _earlier(self, one: Object) -> Iterator[Object]:
        if one["kind"] != "Deployment":
            return
        place, uid = one["metadata"].get("namespace", ""), one["metadata"].get("uid")
        sets = [
            each
            for each in self._sets_of.get((place, one["metadata"]["name"]), ())
            if any(owner.get("uid") == uid for owner in each["metadata"]["ownerReferences"])
        ]
        for each in sorted(sets, key=_revision, reverse=True)[1:]:
            yield each["spec"]["template"]

    def workload_of(self, pod: Object) -> Workload | None:
        """The workload that a pod belongs to."""
        owner = self.owner(pod)
        found = self.get(owner.kind, owner.namespace, owner.name)
        return self._workload(found) if found and found["kind"] != "Pod" else None

    def owner(self, one: Object) -> Ref:
        """The object at the top of those that own `one`; itself where nothing does."""
        found = ref(one)
        for _ in range(4):  # Pod, Job, CronJob, and one of somebody's own above
            above = next((o for o in _owners(one) if o.get("controller")), None)
            if above is None:
                return found
            found = Ref(above["kind"], found.namespace, above["name"])
            one = self._named.get(found) or {}
            if not one:
                return found
        return found

    def events(self, *of: Ref) -> list[Object]:
        """The events about objects, oldest first."""
        listed = [event for each in of for event in self._events.get(each, ())]
        return sorted(listed, key=lambda one: one.get("lastTimestamp") or "")

    def messages(self, one: Workload, *reasons: str) -> list[str]:
        """What events with one of `reasons` say of a workload, its ReplicaSets and its pods."""
        about = [one.ref, *(ref(pod) for pod in one.pods), *self._sets(one)]
        return [
            each.get("message", "") for each in self.events(*about) if each.get("reason") in reasons
        ]

    def _sets(self, one: Workload) -> Iterator[Ref]:
        if one.ref.kind == "Deployment":
            for each in self._sets_of.get((one.ref.namespace, one.ref.name), ()):
                yield ref(each)
        elif one.ref.kind == "CronJob":
            for each in self.all("Job", one.ref.namespace):
                if self.owner(each) == one.ref:
                    yield ref(each)

    def selected(self, namespace: str, selector: Object | None) -> list[Object]:
        """The pods of a namespace that a LabelSelector takes and that are not being deleted."""
        plain = list(((selector or {}).get("matchLabels") or {}).items())
        candidates: Sequence[Object] = self.all("Pod", namespace)
        for pair in plain:
            candidates = min(candidates, self._labelled.get((namespace, *pair), ()), key=len)
        found = (pod for pod in candidates if not leaving(pod))
        return [pod for pod in found if selects(selector, pod["metadata"].get("labels") or {})]

    @cached_property
    def _placed(self) -> dict[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = defaultdict(list)
        for kind, listed in self.objects.items():
            for one in listed:
                found[kind, one["metadata"].get("namespace", "")].append(one)
        return dict(found)

    @cached_property
    def _named(self) -> dict[Ref, Object]:
        return {ref(one): one for listed in self.objects.values() for one in listed}

    @cached_property
    def _pods_of(self) -> dict[Ref, list[Object]]:
        found: dict[Ref, list[Object]] = defaultdict(list)
        for pod in self.all("Pod"):
            found[self.owner(pod)].append(pod)
        return found

    @cached_property
    def _sets_of(self) -> dict[tuple[str, str], list[Object]]:
        found: dict[tuple[str, str], list[Object]] = defaultdict(list)
        for one in self.all("ReplicaSet"):
            for above in _owners(one):
                found[one["metadata"].get("namespace", ""), above["name"]].append(one)
        return found

    @cached_property
    def _events(self) -> dict[Ref, list[Object]]:
        found: dict[Ref, list[Object]] = defaultdict(list)
        for one in self.all("Event"):
            about = one.get("involvedObject") or {}
            key = Ref(about.get("kind", ""), about.get("namespace", ""), about.get("name", ""))
            found[key].append(one)
        return found

    @cached_property
    def _labelled(self) -> dict[tuple[str, str, str], list[Object]]:
        found: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
        for pod in self.all("Pod"):
            place = pod["metadata"].get("namespace", "")
            for key, value in (pod["metadata"].get("labels") or {}).items():
                found[place, key, value].append(pod)
        return found


def _owners(one: Object) -> list[Object]:
    found: list[Object] = one["metadata"].get("ownerReferences") or []
    return found


def _revision(one: Object) -> int:
    noted = one["metadata"].get("annotations") or {}
    return int(noted.get("deployment.kubernetes.io/revision", 0))
