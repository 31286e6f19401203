"""A plan: what was asked for, the operations on objects, and how it is seen that it came true.

All is data on named objects; nothing here is ever part of a command line. What reads a request,
a rule or a model, can only answer with what can be written down here.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from phaseline.operators.ai_operations.kinds import Kind, known

# RFC 1123 names, as Kubernetes has them; roles and the like may hold colons too.
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$", max_length=253)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectReference(_Strict):
    """One object of the cluster; `namespace` is empty for kinds that are in none."""

    kind: str
    name: Name
    namespace: str = ""
    api_version: str = ""

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, given: Any) -> Any:
        """The API version is the kind's own unless it was given."""
        if isinstance(given, dict) and not given.get("api_version"):
            kind = known().get(str(given.get("kind")))
            return {**given, "api_version": kind.api_version if kind else ""}
        return given

    @model_validator(mode="after")
    def _known(self) -> Self:
        if (kind := known().get(self.kind)) is None:
            raise ValueError(f"kind: {self.kind} is not one that operations are about")
        if kind.api_version != self.api_version:
            raise ValueError(f"api_version: {self.kind} is of {kind.api_version}")
        if kind.namespaced != bool(self.namespace):
            raise ValueError(
                f"namespace: {self.kind} needs one" if kind.namespaced else "namespace: has none"
            )
        return self

    @property
    def of(self) -> Kind:
        """What is known of its kind."""
        return known()[self.kind]

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"{self.of.folder(self.namespace)}/{self.name}"

    def __str__(self) -> str:
        place = f" in {self.namespace}" if self.namespace else ""
        return f"{self.kind}/{self.name}{place}"

    @classmethod
    def to(cls, found: Any, kind: str = "") -> ObjectReference:
        """The reference to an object as the API or a manifest has it."""
        metadata, kind = found["metadata"], kind or found["kind"]
        return cls(kind=kind, name=metadata["name"], namespace=metadata.get("namespace", ""))


class Create(_Strict):
    """Make an object that is not there. Refused where one of its name is."""

    do: Literal["create"] = "create"
    manifest: dict[str, Any]

    @property
    def target(self) -> ObjectReference:
        """The object that is made."""
        return ObjectReference.to(self.manifest)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        metadata = self.manifest.get("metadata")
        if not isinstance(metadata, dict) or not {"kind", "apiVersion"} <= self.manifest.keys():
            raise ValueError("manifest: needs apiVersion, kind and metadata")
        if self.manifest["apiVersion"] != self.target.api_version:
            raise ValueError(f"manifest: {self.target.kind} is of {self.target.api_version}")
        return self


class Patch(_Strict):
    """Change fields of an object that is there.

    Attributes:
        patch: as `strategy` has it: `strategic` merges lists by their keys (containers by name),
            `merge` (RFC 7386) replaces lists, and takes a field out by null.
        reason: why, in half a line.
    """

    do: Literal["patch"] = "patch"
    target: ObjectReference
    patch: dict[str, Any]
    strategy: Literal["strategic", "merge"] = "strategic"
    reason: str = ""


class Scale(_Strict):
    """Have so many replicas."""

    do: Literal["scale"] = "scale"
    target: ObjectReference
    replicas: Annotated[int, Field(ge=0, le=1000)]


class Delete(_Strict):
    """Remove an object, and what it owns."""

    do: Literal["delete"] = "delete"
    target: ObjectReference


class Restart(_Strict):
    """Replace a workload's pods by new ones of the same template, as its strategy says."""

    do: Literal["restart"] = "restart"
    target: ObjectReference


class Rollback(_Strict):
    """Give a Deployment the template of a revision of before; 0 is the one before this."""

    do: Literal["rollback"] = "rollback"
    target: ObjectReference
    revision: Annotated[int, Field(ge=0)] = 0


Operation = Annotated[
    Create | Patch | Scale | Delete | Restart | Rollback, Field(discriminator="do")
]


class RolledOut(_Strict):
    """A workload's newest template is what all its replicas run, and all are available."""

    see: Literal["rolled-out"] = "rolled-out"
    target: ObjectReference


class Replicas(_Strict):
    """A workload has so many replicas, all of them ready."""

    see: Literal["replicas"] = "replicas"
    target: ObjectReference
    count: Annotated[int, Field(ge=0)]


class EndpointsReady(_Strict):
    """A Service has at least so many addresses that are ready."""

    see: Literal["endpoints"] = "endpoints"
    target: ObjectReference
    at_least: Annotated[int, Field(ge=1)] = 1


class Exists(_Strict):
    """The object is there."""

    see: Literal["exists"] = "exists"
    target: ObjectReference


class Absent(_Strict):
    """The object is not there any more."""

    see: Literal["absent"] = "absent"
    target: ObjectReference


class Ready(_Strict):
    """A Pod is Ready; a Job has completed; a claim is bound, or waits for its first user only."""

    see: Literal["ready"] = "ready"
    target: ObjectReference


class FieldEquals(_Strict):
    """A field of the object is `value`.

    Attributes:
        path: names of fields; in a list, a number, or `name=VALUE` for the item that has it.
    """

    see: Literal["field"] = "field"
    target: ObjectReference
    path: tuple[str | int, ...]
    value: Any


class NoRestarts(_Strict):
    """No container of the workload's pods restarts for so many seconds."""

    see: Literal["no-restarts"] = "no-restarts"
    target: ObjectReference
    seconds: Annotated[float, Field(gt=0, le=120)] = 8.0


Wish = Annotated[
    RolledOut | Replicas | EndpointsReady | Exists | Absent | Ready | FieldEquals | NoRestarts,
    Field(discriminator="see"),
]


class Plan(_Strict):
    """What a request was taken to mean.

    Attributes:
        request: the words, as they were given; source: the assistant that has read them.
        reading: one sentence that says what they were taken to mean.
        explanation: an answer to read; all there is where nothing is to be changed.
        operations: applied in this order; wishes: verified after them, all together.
    """

    request: str
    source: str
    reading: str
    explanation: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    wishes: tuple[Wish, ...] = ()

    @model_validator(mode="after")
    def _verified(self) -> Self:
        if self.operations and not self.wishes:
            raise ValueError("wishes: a plan that changes something says how that is verified")
        return self

    @property
    def hash(self) -> str:
        """sha256 over what would be done and verified, as hex; the words do not count.

        It is taken over JSON with sorted keys and no spaces (RFC 8785 for what occurs here).
        """
        content = self.model_dump(mode="json", include={"operations", "wishes"})
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def namespaces(self) -> frozenset[str]:
        """Those in which it changes something."""
        return frozenset(one.target.namespace for one in self.operations if one.target.namespace)
