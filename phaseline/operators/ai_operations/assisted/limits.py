"""What no plan of an assistant may do, though one of the rules may.

It may act in the namespace that is meant alone, remove only what the request names, run only images
that the request or the cluster names, and has nothing to do with Secrets, rights and accounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import Create, Delete, Operation, Patch, Plan
from phaseline.operators.ai_operations.secrecy import HIDDEN
from phaseline.operators.assistants.redaction import REDACTED

_OF_RIGHTS = frozenset({"Secret", "Role", "RoleBinding", "ServiceAccount"})
_WHOLE = frozenset({"ResourceQuota", "LimitRange", "NetworkPolicy"})
_OF_SECRETS = frozenset(
    {"secret", "secretName", "secretRef", "secretKeyRef", "imagePullSecrets", "projected", "csi"}
)
_ACCOUNTS = frozenset({"serviceAccountName", "serviceAccount"})
_WORD = re.compile(r"[A-Za-z0-9][\w./:@-]*")


def check(plan: Plan, world: World) -> None:
    """See that a plan of an assistant keeps to what is asked for.

    Raises:
        Refused: with each reason.
    """
    said = words(plan.request)
    faults = [fault for one in plan.operations for fault in _faults(one, said, world)]
    if faults:
        raise Refused(
            f"the plan of {plan.source} is not allowed",
            why="; ".join(dict.fromkeys(faults)),
            fix="say what you want by name and namespace; the rules allow more: --assistant rules",
        )


def words(request: str) -> frozenset[str]:
    """The words of a request, whole and without what follows a name (`web.`, `web's`)."""
    found = {word.rstrip(".:/-") for word in _WORD.findall(request)}
    parts = {part for word in found for part in word.split("/")}
    return frozenset(found | parts)


def _faults(one: Operation, said: frozenset[str], world: World) -> Iterator[str]:
    target = one.target
    if target.kind in _OF_RIGHTS:
        yield f"{target}: no assistant has to do with {target.kind}s"
    if target.of.namespaced and target.namespace != world.namespace:
        yield f"{target}: the namespace that is meant is {world.namespace}"
    if not target.of.namespaced and target.name not in said:
        yield f"{target}: the request does not name it"
    if isinstance(one, Delete) and target.name not in said:
        yield f"{target}: the request names nothing of that name to be removed"
    if target.kind in _WHOLE and target.name not in said and not isinstance(one, Create):
        yield f"{target}: it holds for the whole namespace, and the request does not name it"
    if isinstance(one, Create | Patch):
        content = one.manifest if isinstance(one, Create) else one.patch
        yield from _contents(content, said, world)


def _contents(content: Mapping[str, Any], said: frozenset[str], world: World) -> Iterator[str]:
    for name, value in _fields(content):
        if name in _OF_SECRETS and value:
            yield f"{name}: no assistant gives a container a Secret"
        if name in _ACCOUNTS and value != "default":
            yield f"{name}: no assistant gives a pod an account"
        if isinstance(value, str) and {HIDDEN, REDACTED} & set(value.split()):
            yield f"{name}: it is a text that was not shown"
        if name == "image" and not _known(value, said, world):
            yield f"the image {value} is named neither by the request nor by the cluster"


def _known(image: object, said: frozenset[str], world: World) -> bool:
    if not isinstance(image, str):
        return False
    return image in said or world.ready(image)


def _fields(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield str(name), value
            yield from _fields(value)
    elif isinstance(content, list):
        for value in content:
            yield from _fields(value)
