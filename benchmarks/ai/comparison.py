"""The whole cluster before and after, and what is not the same.

Specifications, data, labels and annotations are compared, and the identity of each object, so that
one that was made anew counts as changed. Status does not count, nor what the cluster writes for
itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.ai.cluster import Cluster, Object

# What the cluster writes by itself all the time.
_TOLD = {
    *("Event", "Lease", "Endpoints", "EndpointSlice", "ComponentStatus", "IPAddress"),
    *("CSINode", "CSIStorageCapacity", "ControllerRevision", "NodeMetrics", "PodMetrics"),
}
_KEPT = ("uid", "labels", "annotations", "deletionTimestamp")
# The product's own accounts and roles, which it makes for itself.
_OURS = re.compile(r"^phaseline($|[-:.])")
# The cluster makes these in each new namespace.
_IN_EVERY_NAMESPACE = {"ServiceAccount/default", "ConfigMap/kube-root-ca.crt"}


@dataclass(frozen=True)
class Held:
    """One object as it is compared.

    Attributes:
        root: `namespace:Kind/name` of what it belongs to in the end; itself where it has no owner.
    """

    content: Mapping[str, object]
    root: str


Snapshot = Mapping[str, Held]


def snapshot(cluster: Cluster) -> dict[str, Held]:
    """Every object of the cluster, by `namespace:Kind/name`."""
    kinds = [kind for kind in cluster.resources if kind not in _TOLD]
    objects = {_name(one): one for kind in kinds for one in cluster.every(kind)}
    return {name: Held(_content(one), _root(name, objects)) for name, one in objects.items()}


def _name(one: Object) -> str:
    metadata = one["metadata"]
    return f"{metadata.get('namespace', '')}:{one['kind']}/{metadata['name']}"


def _content(one: Object) -> dict[str, object]:
    metadata = {key: one["metadata"][key] for key in _KEPT if key in one["metadata"]}
    rest = {key: one[key] for key in one if key not in ("metadata", "status")}
    return {**rest, "metadata": metadata}


def _root(name: str, objects: Mapping[str, Object]) -> str:
    """Up the owners. A volume belongs to its claim."""
    while one := objects.get(name):
        claim = one["spec"].get("claimRef") if one["kind"] == "PersistentVolume" else None
        owners = one["metadata"].get("ownerReferences")
        if claim:
            name = f"{claim['namespace']}:PersistentVolumeClaim/{claim['name']}"
        elif owners:
            name = f"{name.partition(':')[0]}:{owners[0]['kind']}/{owners[0]['name']}"
        else:
            break
    return name


def differences(
    before: Snapshot,
    after: Snapshot,
    *,
    namespace: str,
    may_change: Sequence[str] = (),
    elsewhere: Iterable[str] = (),
) -> list[str]:
    """The objects that differ and may not, as `+`, `-` or `~` with their names.

    Args:
        namespace: that of the objects in `may_change` that name none.
        elsewhere: namespaces of others that work at the same time, and what these may change.
    """
    allowed = [_pattern(one, namespace) for one in may_change]
    others = set(elsewhere)
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old and new and old.content == new.content:
            continue
        root = (new or old or Held({}, name)).root
        if not any(one.fullmatch(root) for one in allowed) and not _of_others(name, root, others):
            if old is None and name.partition(":")[2] in _IN_EVERY_NAMESPACE:
                continue
            found.append(f"{'~' if old and new else '-' if old else '+'} {name}")
    return found


def _pattern(reference: str, namespace: str) -> re.Pattern[str]:
    """A pattern for the names that `reference` allows: those of the cluster have no namespace."""
    place, colon, rest = reference.partition(":")
    if not colon:
        place, rest = namespace, reference
    text = re.escape(rest).replace(r"\*", ".*")
    return re.compile(f"({re.escape(place)})?:{text}")


def _of_others(name: str, root: str, others: set[str]) -> bool:
    place, _, rest = name.partition(":")
    owner = root.partition(":")[0]
    kind, _, named = rest.partition("/")
    ours = _OURS.match(place) or _OURS.match(named)
    theirs = place in others or owner in others or (kind == "Namespace" and named in others)
    return bool(ours) or theirs or rest in others
