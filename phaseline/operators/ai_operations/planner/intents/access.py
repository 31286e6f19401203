"""Accounts, roles and who has them."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.kinds import KINDS
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import made, manifest
from phaseline.operators.ai_operations.planner.names import new_name
from phaseline.operators.ai_operations.planner.sentence import named, ordinary
from phaseline.operators.ai_operations.plans.model import Create, Exists, ObjectReference

_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "update", "patch", "delete"]
_VERBS = {
    "read": _READ, "view": _READ, "see": _READ, "look": _READ, "reading": _READ, "viewing": _READ,
    "read-only": _READ, "readonly": _READ, "reads": _READ, "inspect": _READ, "show": _READ,
    "get": ["get"], "list": ["list"], "watch": ["watch"], "create": ["create"],
    "update": ["update"], "patch": ["patch"], "delete": ["delete"], "edit": [*_READ, *_WRITE],
    "manage": [*_READ, *_WRITE], "write": _WRITE, "restart": ["patch"],
    "modify": ["update", "patch"],
    "remove": ["delete"], "change": ["update", "patch"], "getting": ["get"], "listing": ["list"],
    "watching": ["watch"],
}  # fmt: skip
_READY_MADE = ("view", "edit")
_MAKES = ("create", "make", "add", "set", "define")


def _read_account(clause: Clause) -> Reading:
    name = new_name(clause, ("serviceaccount", "account", "sa"))
    one = manifest("ServiceAccount", name, clause.namespace)
    return made(one, f"make ServiceAccount/{name} in {clause.namespace}")


def _read_role(clause: Clause) -> Reading:
    """A role; bound at once where somebody is named who is to have it."""
    verbs, plurals = _verbs(clause), _resources(clause)
    holder = _holder(clause)
    if not (verbs and plurals):
        raise Missing("what it allows, and with which kinds of objects")
    fallback = f"{holder}-role" if holder else f"{plurals[0][1].replace('/', '-')}-reader"
    name = new_name(clause, ("role",), fallback)
    rules: list[dict[str, Any]] = [
        {"apiGroups": [group], "resources": [p for g, p in plurals if g == group], "verbs": verbs}
        for group in dict.fromkeys(group for group, _ in plurals)
    ]
    role = manifest("Role", name, clause.namespace, rules=rules)
    listed = [role]
    there = holder and clause.world.find("ServiceAccount", holder, clause.namespace)
    if holder and not there and clause.sentence.has("account"):
        listed.insert(0, manifest("ServiceAccount", holder, clause.namespace))
    if holder:
        listed.append(
            _binding(
                clause, f"{holder}-{name}" if name != fallback else fallback, "Role", name, holder
            )
        )
    what = ", ".join(plural for _, plural in plurals)
    says = f"let {holder or f'holders of the role {name}'} {', '.join(verbs)} {what}"
    return _several(f"{says} in {clause.namespace}", listed)


def _read_binding(clause: Clause) -> Reading:
    holder = _holder(clause)
    if not holder:
        raise Missing("who is to have it")
    roles = {one["metadata"]["name"] for one in clause.world.inside("Role", clause.namespace)}
    words = [one.text for one in clause.sentence.tokens]
    role = next((word for word in words if word in roles and word != holder), "")
    kind = "Role"
    if not role:
        kind, role = "ClusterRole", next((word for word in words if word in _READY_MADE), "")
    if not role:
        raise Missing("which role")
    name = new_name(clause, ("rolebinding", "binding"), f"{holder}-{role}")
    name = f"{holder}-{role}" if name in (holder, role) else name
    one = _binding(clause, name, kind, role, holder)
    return _several(f"bind {kind}/{role} to {holder} in {clause.namespace}", [one])


def _several(says: str, listed: list[dict[str, Any]]) -> Reading:
    targets = [ObjectReference.to(one) for one in listed]
    return Reading(
        says,
        tuple(Create(manifest=one) for one in listed),
        tuple(Exists(target=one) for one in targets),
        about=targets[0],
    )


def _binding(clause: Clause, name: str, kind: str, role: str, holder: str) -> dict[str, Any]:
    user = clause.sentence.word("user") and not clause.sentence.has("account")
    group = clause.sentence.word("group") and not clause.sentence.has("account")
    subject: dict[str, str] = {
        "kind": "ServiceAccount",
        "name": holder,
        "namespace": clause.namespace,
    }
    if user or group:
        subject = {"kind": "User" if user else "Group", "name": holder, "apiGroup": _RBAC}
    reference = {"apiGroup": _RBAC, "kind": kind, "name": role}
    return manifest("RoleBinding", name, clause.namespace, roleRef=reference, subjects=[subject])


def _verbs(clause: Clause) -> list[str]:
    """The verbs, but not the one that orders the role itself."""
    found: list[str] = []
    for place, token in enumerate(clause.sentence.tokens):
        if token.low in ("not", "never", "without", "except", "nothing", "neither") and found:
            break  # what is not to be allowed is told behind what is
        orders = place == 0 or (token.low in _MAKES and place <= 2)
        if token.low in _VERBS and not orders:
            found += [verb for verb in _VERBS[token.low] if verb not in found]
    return found


def _resources(clause: Clause) -> list[tuple[str, str]]:
    """Group and plural of each kind that is named; logs are of pods."""
    skipped = ("ServiceAccount", "Role", "RoleBinding", "Namespace", "ClusterRole")
    found: list[tuple[str, str]] = []
    tokens = clause.sentence.tokens
    for place, token in enumerate(tokens):
        account = place + 1 < len(tokens) and tokens[place + 1].low.startswith("account")
        for kind in () if account else KINDS:
            names = {*kind.aliases, kind.plural, kind.name.lower()}
            if kind.name not in skipped and token.low in names and len(token.low) > 2:
                found.append((kind.group, kind.plural))
    if (
        clause.sentence.phrase("config", "maps") >= 0
        or clause.sentence.phrase("config", "map") >= 0
    ):
        found.append(("", "configmaps"))
    if clause.sentence.word("logs", "log"):
        found.append(("", "pods/log"))
    return list(dict.fromkeys(found))


def _holder(clause: Clause) -> str:
    sentence = clause.sentence
    for marks in (sentence.ends("account"), sentence.behind("user", "group")):
        for _, text in sentence.after(marks, lambda text: text not in ("called", "named"), reach=4):
            if named(text) and not ordinary(text.lower()):
                return text
    for _, text in sentence.after([m + 0 for m in sentence.behind("called", "named")], named):
        if sentence.has("account"):
            return text
    known = {o["metadata"]["name"] for o in clause.world.inside("ServiceAccount", clause.namespace)}
    for token in sentence.tokens:
        if token.text in known - {"default"}:
            return token.text
    for span in sentence.concepts.get("account", ()):
        before = sentence.tokens[span.start - 1] if span.start else None
        if before and named(before.text) and not ordinary(before.low):
            return before.text
    return ""


ACCOUNT = Intent(
    name="make a service account",
    cues={"create": 2, "account": 3, "role": -3, "binding": -3, "allowed": -3, "image": -3,
          "pod": -1, "deployment": -1.5},
    all_of=(("account",), ("create",)),
    none_of=("why", "delete", "image"),
    read=_read_account,
    examples=("create a service account called builder",),
)  # fmt: skip
ROLE = Intent(
    name="make a role",
    cues={"create": 1, "role": 2, "allowed": 2, "account": 1, "binding": 0.5, "image": -4,
          "list": 0.2, "network": -1.5},
    all_of=(("role", "allowed"),),
    none_of=("why", "image", "deny", "policy", "quota", "autoscale"),
    read=_read_role,
    examples=("create a role pod-reader that may get and list pods",),
)  # fmt: skip
BINDING = Intent(
    name="bind a role",
    cues={"binding": 3, "role": 2, "account": 1, "create": 0.5, "allowed": 0.5, "image": -4},
    all_of=(("binding", "role"),),
    none_of=("why", "image", "deny", "policy"),
    read=_read_binding,
    examples=("bind the role pod-reader to the service account builder",),
)
