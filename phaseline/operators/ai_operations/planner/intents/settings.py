"""Config maps and secrets: new ones, and other values in those that are there."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import made, manifest
from phaseline.operators.ai_operations.planner.names import new_name
from phaseline.operators.ai_operations.planner.targets import mentioned
from phaseline.operators.ai_operations.planner.world import EXACT
from phaseline.operators.ai_operations.plans.model import Exists, FieldEquals, Patch, Wish

_NOUNS = {
    "ConfigMap": ("configmap", "map", "cm", "configuration", "config"),
    "Secret": ("secret", "credentials", "password"),
}


def _read(kind: str, clause: Clause) -> Reading:
    pairs = _pairs(clause)
    there = [one for one in mentioned(clause, (kind,)) if one.sure == EXACT]
    if there and pairs:
        return _changed(kind, clause, pairs)
    name = new_name(clause, _NOUNS[kind])
    if not pairs:
        raise Missing("what is in it, as KEY=VALUE")
    field = "data" if kind == "ConfigMap" else "stringData"
    one = manifest(kind, name, clause.namespace, **{field: pairs})
    return made(one, f"make {kind}/{name} in {clause.namespace} with {', '.join(pairs)}")


def _pairs(clause: Clause) -> dict[str, str]:
    """Also `key colour, value blue` and `username admin and password s3cret`."""
    found = dict(clause.sentence.pairs)
    if found:
        return found
    tokens = clause.sentence.tokens
    known = ("username", "user", "password", "token", "host", "url", "key", "colour", "color")
    for place, token in enumerate(tokens[:-1]):
        following = tokens[place + 1]
        if token.low in known and following.low not in (
            *known,
            "and",
            "called",
            "named",
            ",",
            "to",
        ):
            found[token.text] = following.text
    return found


def _changed(kind: str, clause: Clause, pairs: dict[str, str]) -> Reading:
    target = next(one for one in mentioned(clause, (kind,)) if one.sure == EXACT).target
    field = "data" if kind == "ConfigMap" else "stringData"
    patch = Patch(target=target, patch={field: pairs}, strategy="merge", reason="other values")
    wishes: list[Wish] = [Exists(target=target)]
    if kind == "ConfigMap":
        wishes = [FieldEquals(target=target, path=("data", k), value=v) for k, v in pairs.items()]
    return Reading(f"set {', '.join(pairs)} in {target}", (patch,), tuple(wishes), about=target)


CONFIGMAP = Intent(
    name="make or change a config map",
    cues={"create": 1.5, "configmap": 3, "set": 0.5, "image": -2, "deployment": -2, "mount": -3,
          "pod": -1.5, "env": -1.5},
    all_of=(("configmap",),),
    none_of=("why", "delete", "list", "secret"),
    read=lambda clause: _read("ConfigMap", clause),
    examples=("create a config map settings with COLOR=blue and SIZE=xl",),
)  # fmt: skip
SECRET = Intent(
    name="make or change a secret",
    cues={"create": 1.5, "secret": 3, "set": 0.5, "image": -2, "deployment": -2, "mount": -3,
          "pod": -1.5, "env": -1.5, "role": -2},
    all_of=(("secret",),),
    none_of=("why", "delete", "list", "role"),
    read=lambda clause: _read("Secret", clause),
    examples=("create a secret db-login with username=admin and password=hunter2",),
)  # fmt: skip
