"""Images that cannot be had: a wrong name or tag, a pull policy, a missing pull secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.ai_operations.diagnosis.common import (
    Running,
    earlier,
    edit_container,
    edit_spec,
    quoted,
    repository,
    running,
)
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule
from phaseline.operators.ai_operations.snapshot.likeness import likeness, meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import normal, waiting

_REASONS = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")
_DENIED = re.compile(
    r"unauthorized|authentication required|denied|no basic auth|403 Forbidden", re.I
)
_PULL_SECRETS = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Containers that wait for an image which does not come."""
    for workload in snapshot.troubled(namespace):
        seen = set()
        for one in running(workload):
            if waiting(one.status)[0] in _REASONS and one.name not in seen:
                seen.add(one.name)
                yield _cause(snapshot, one)


def _cause(snapshot: Snapshot, one: Running) -> Cause:
    image, (reason, message) = one.specified["image"], waiting(one.status)
    known = snapshot.images
    events = snapshot.messages(one.workload, "Failed", "FailedToRetrieveImagePullSecret")
    evidence = (f"{one.name}: {reason}: {image}", *quoted([message, *events]))
    subject = one.workload.ref
    if normal(image) in known and reason != "InvalidImageName":
        edit = _policy(one)
        what = f"{image} is on the node, but imagePullPolicy has it fetched from a registry"
        if edit:
            return Cause(
                rule="image-policy", subject=subject, what=what, evidence=evidence, edits=(edit,)
            )
    if replacement := _replacement(one, image, known):
        return _renamed(one, image, replacement, evidence)
    if any(_DENIED.search(line) for line in evidence):
        return _denied(snapshot, one, evidence)
    advice = "build and load the image, or name one that is there"
    what = f"{image} is neither on the node nor in a registry that it reaches"
    return Cause(rule="image", subject=subject, what=what, evidence=evidence, advice=advice)


def _renamed(one: Running, image: str, replacement: str, evidence: tuple[str, ...]) -> Cause:
    def by(container: object) -> None:
        assert isinstance(container, dict)
        container["image"] = replacement
        if container.get("imagePullPolicy") == "Always":
            container["imagePullPolicy"] = "IfNotPresent"

    edit = edit_container(one.workload, one.name, f"image {replacement} instead of {image}", by)
    what = f"there is no image {image}; {replacement} is what exists"
    return Cause(
        rule="image-name",
        subject=one.workload.ref,
        what=what,
        evidence=(*evidence, f"on a node or in use: {replacement}"),
        edits=(edit,),
        confidence=0.95 if repository(replacement) == repository(image) else 0.85,
    )


def _policy(one: Running) -> Edit | None:
    if one.specified.get("imagePullPolicy", "Always") != "Always":
        return None

    def by(container: object) -> None:
        assert isinstance(container, dict)
        container["imagePullPolicy"] = "IfNotPresent"

    return edit_container(one.workload, one.name, "imagePullPolicy IfNotPresent", by)


def _denied(snapshot: Snapshot, one: Running, evidence: tuple[str, ...]) -> Cause:
    namespace = one.workload.ref.namespace
    found = [s for s in snapshot.all("Secret", namespace) if s.get("type") in _PULL_SECRETS]
    named = {each["name"] for each in one.workload.spec.get("imagePullSecrets") or ()}
    new = [each["metadata"]["name"] for each in found if each["metadata"]["name"] not in named]
    edits: tuple[Edit, ...] = ()
    if len(new) == 1:

        def by(spec: object) -> None:
            assert isinstance(spec, dict)
            spec["imagePullSecrets"] = [{"name": new[0]}]

        edits = (edit_spec(one.workload, f"imagePullSecrets {new[0]}", by),)
    return Cause(
        rule="image-access",
        subject=one.workload.ref,
        what=f"the registry of {one.specified['image']} does not let the node have it",
        evidence=evidence,
        edits=edits,
        confidence=0.65,
        advice="" if edits else "make a pull secret for the registry and name it",
    )


def _replacement(one: Running, image: str, known: frozenset[str]) -> str:
    """The image that was meant."""
    for before in earlier(one.workload, one.name):
        if normal(before["image"]) in known and normal(before["image"]) != normal(image):
            return str(before["image"])
    wanted = repository(normal(image.replace(" ", "")))
    tags = [each for each in known if repository(each) == wanted]
    if tags:
        return tags[0] if len(tags) == 1 else meant(image, tags, least=0.5)
    same = {each for each in known if _named_alike(image, each)}
    return meant(image.lower(), same, least=0.5) if len(same) > 1 else next(iter(same), "")


def _named_alike(image: str, other: str) -> bool:
    """Whether two images of different repositories may be meant for each other."""
    a, b = repository(normal(image.replace(" ", ""))), repository(other)
    last, others = a.rpartition("/")[2], b.rpartition("/")[2]
    return last.lower() == others or likeness(a, b) >= 0.86 or likeness(last, others) >= 0.86


RULE = Rule("image", ("Pod", "Node", "ReplicaSet", "Secret"), find)
