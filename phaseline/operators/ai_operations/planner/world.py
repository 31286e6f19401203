"""What exists, as far as words may refer to it; objects that the same request makes included."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.kinds import known
from phaseline.operators.ai_operations.planner.sentence import Sentence, ordinary
from phaseline.operators.ai_operations.plans.model import ObjectReference
from phaseline.operators.ai_operations.view import ClusterView, Object

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
EXACT, ALIKE, LIKELY = 1.0, 0.9, 0.7  # how sure a word names an object


@dataclass(frozen=True)
class Mention:
    """A word that names an object: which, where it stands, how sure that is."""

    target: ObjectReference
    place: int
    sure: float


@dataclass
class World:
    """The cluster's objects by kind, looked at once.

    Attributes:
        namespace: the one that is meant where no other is named; empty where none was given.
        made: manifests of objects that this request makes.
    """

    view: ClusterView
    namespace: str = ""
    closed: frozenset[str] = frozenset()
    made: list[Object] = field(default_factory=list)
    _listed: dict[str, list[Object]] = field(default_factory=dict)

    def all(self, kind: str) -> list[Object]:
        """The objects of a kind in all namespaces; of Secrets the names only."""
        if kind not in self._listed:
            self._listed[kind] = self._secrets() if kind == "Secret" else self.view.items(kind)
        made = [one for one in self.made if one["kind"] == kind]
        return [*self._listed[kind], *made]

    def _secrets(self) -> list[Object]:
        space = self.namespace or "default"
        return [
            {"kind": "Secret", "metadata": {"name": name, "namespace": space}}
            for name in self.view.secrets(space)
        ]

    def inside(self, kind: str, namespace: str = "") -> list[Object]:
        """The objects of a kind in the namespace that is meant; else in all that may be."""
        space = namespace or self.namespace
        found = self.all(kind)
        if not known()[kind].namespaced:
            return found
        if space:
            return [one for one in found if one["metadata"].get("namespace") == space]
        return [one for one in found if one["metadata"].get("namespace") not in self.closed]

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """The object of a kind and name, where it is."""
        for one in self.inside(kind, namespace):
            if one["metadata"]["name"] == name:
                return one
        return None

    @cached_property
    def namespaces(self) -> list[str]:
        """The names of all."""
        return [one["metadata"]["name"] for one in self.all("Namespace")]

    @cached_property
    def images(self) -> list[str]:
        """The images that the nodes have, by all their names."""
        nodes = self.view.items("Node")
        listed = (one for node in nodes for one in node["status"].get("images", ()))
        return sorted({name for one in listed for name in one.get("names", ()) if "@" not in name})

    def mentions(self, sentence: Sentence, kinds: Sequence[str]) -> list[Mention]:
        """What the words of a clause name among the objects of these kinds, the surest first.

        A word names an object of that very name; else one that is named alike (front end and
        front-end, payment and payments); else one of which it is a part, or nearly the name.
        """
        objects = [one for kind in kinds for one in self.inside(kind)]
        found = []
        for one in objects:
            place, sure = _named(sentence, one["metadata"]["name"])
            if sure:
                found.append(Mention(ObjectReference.to(one), place, sure))
        return sorted(found, key=lambda one: (-one.sure, one.place))

    def ready(self, name: str) -> bool:
        """Whether an image is on a node already."""
        return name in self.images or _whole(name) in self.images

    def image(self, text: str) -> str:
        """The image that is meant: as it was named, or the only one here of that short name."""
        if self.ready(text) or not self.images:
            return text
        short, _, tag = text.rpartition("/")[2].partition(":")
        alike = [name for name in self.images if _short(name) == (short, tag or _short(name)[1])]
        exact = "/" in text and text.count("/") > 0 and "." in text.partition("/")[0]
        return alike[0] if len(alike) == 1 and not exact else text

    def restricted(self, namespace: str) -> bool:
        """Whether a namespace holds its pods to the restricted standard."""
        for one in self.all("Namespace"):
            if one["metadata"]["name"] == namespace:
                labels = one["metadata"].get("labels", {})
                return bool(labels.get("pod-security.kubernetes.io/enforce") == "restricted")
        return False


def single(mentions: Sequence[Mention], what: str, *, exact: bool = False) -> Mention | None:
    """The one that is meant: the surest, where no other is as sure.

    Raises:
        NotUnderstood: several are as likely, or, for what must be `exact`, it is a guess.
    """
    if not mentions:
        return None
    best = [one for one in mentions if one.sure == mentions[0].sure]
    if len({str(one.target) for one in best}) > 1:
        names = ", ".join(str(one.target) for one in best)
        raise NotUnderstood(
            f"{what}: which is meant is not clear", why=names, fix="name it in full"
        )
    if exact and best[0].sure < ALIKE:
        raise NotUnderstood(
            f"{what}: nothing has that name",
            why=f"nearest: {best[0].target}",
            fix="name it in full",
        )
    return best[0]


def _named(sentence: Sentence, name: str) -> tuple[int, float]:
    """Where the words name an object called `name`, and how sure that is."""
    bare, best = name.replace("-", "").replace(".", ""), (0, 0.0)
    lows = [one.text.lower() for one in sentence.tokens]
    for place, low in enumerate(lows):
        sure = _likeness(low, name, bare)
        pair = low + lows[place + 1] if place + 1 < len(lows) else ""
        triple = pair + lows[place + 2] if place + 2 < len(lows) else ""
        if bare in (pair, triple) and "-" in name:
            sure = max(sure, ALIKE)
        if sure > best[1]:
            best = (place, sure)
    return best


def _likeness(low: str, name: str, bare: str) -> float:
    if low in (name, f"deployment/{name}", f"deploy/{name}", f"svc/{name}", f"service/{name}"):
        return EXACT
    if low.rpartition("/")[2] == name and low.count("/") == 1 and ":" not in low:
        return EXACT
    if ordinary(low) or len(low) < 3 or low.isdigit():
        return 0.0
    if low in (bare, f"{name}s", f"{name}'s") or f"{low}s" == name or low.replace("_", "-") == name:
        return ALIKE
    if low in name.split("-") or name.startswith(f"{low}-") or name.endswith(f"-{low}"):
        return LIKELY
    near = difflib.SequenceMatcher(None, low, name).ratio()
    return 0.6 if near >= 0.84 and len(name) > 4 else 0.0


def _whole(name: str) -> str:
    """The full name of an image (https://pkg.go.dev/github.com/distribution/reference)."""
    first, slash, _ = name.partition("/")
    if not (slash and ("." in first or ":" in first or first == "localhost")):
        name = f"docker.io/{name}" if slash else f"docker.io/library/{name}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _short(name: str) -> tuple[str, str]:
    short, _, tag = name.rpartition("/")[2].partition(":")
    return short, tag


def namespaces_of(objects: Iterable[Any]) -> set[str]:
    """The namespaces that objects are in."""
    return {one["metadata"].get("namespace", "") for one in objects}
