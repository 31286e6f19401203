"""What a clause says to be mounted: config maps, secrets, claims and folders that are scratch."""

from __future__ import annotations

import re
from typing import Any

from phaseline.operators.ai_operations.planner.intent import Clause
from phaseline.operators.ai_operations.planner.sentence import Sentence, Span, named, ordinary

Listed = list[dict[str, Any]]
_PATH = re.compile(r"/[\w./-]*")
_KINDS = ("configmap", "secret", "claim")
_SCRATCH = ("emptydir", "temporary", "scratch", "shared", "tmp", "ephemeral", "empty")


def mounts(clause: Clause) -> tuple[Listed, Listed]:
    """Volumes, and where each is mounted."""
    volumes: Listed = []
    mounted: Listed = []
    for place, path in _paths(clause.sentence):
        source = _source(clause, place)
        if source is None:
            continue
        name = f"volume-{len(volumes) + 1}"
        volumes.append({"name": name, **source})
        read_only = (
            {"readOnly": True}
            if "persistentVolumeClaim" not in source and ("emptyDir" not in source)
            else {}
        )
        mounted.append({"name": name, "mountPath": path, **read_only})
    return volumes, mounted


def _paths(sentence: Sentence) -> list[tuple[int, str]]:
    """Paths that are not asked by a probe."""
    probed = [span.start for span in sentence.concepts.get("probe", ())]
    probed += [
        span.start for k in ("readiness", "liveness") for span in sentence.concepts.get(k, ())
    ]
    found = []
    for place, token in enumerate(sentence.tokens):
        if not _PATH.fullmatch(token.text) or len(token.text) < 2:
            continue
        nearest = max((p for p in probed if p < place), default=-99)
        source = max(
            (s.start for k in _KINDS for s in sentence.concepts.get(k, ()) if (s.start < place)),
            default=-1,
        )
        scratch = max(
            (i for i, t in enumerate(sentence.tokens[:place]) if t.low in _SCRATCH), default=-1
        )
        if (
            max(
                source,
                scratch,
                max(
                    (s.start for s in sentence.concepts.get("mount", ()) if (s.start < place)),
                    default=-1,
                ),
            )
            > nearest
        ):
            found.append((place, token.text))
    return found


def _source(clause: Clause, place: int) -> dict[str, Any] | None:
    """What is mounted at the path at `place`: the nearest that is named before it, or after."""
    sentence = clause.sentence
    spans = [(k, s) for k in _KINDS for s in sentence.concepts.get(k, ())]
    scratch = [i for i, one in enumerate(sentence.tokens) if one.low in _SCRATCH]
    before = [(place - s.start, k, s) for k, s in spans if s.start < place]
    after = [(s.start - place + 20, k, s) for k, s in spans if s.start > place]
    near = min(before or after, default=None, key=lambda one: one[0])
    if scratch and (near is None or (near[1] == "claim" and not _name(clause, near[2], "claim"))):
        return {"emptyDir": {}}
    if near is None:
        return None
    _, kind, span = near
    name = _name(clause, span, kind)
    if not name:
        return None
    if kind == "configmap":
        return {"configMap": {"name": name}}
    if kind == "secret":
        return {"secret": {"secretName": name}}
    return {"persistentVolumeClaim": {"claimName": name}}


_OF_KIND = {"configmap": "ConfigMap", "secret": "Secret", "claim": "PersistentVolumeClaim"}


def _name(clause: Clause, span: Span, kind: str) -> str:
    """The name beside the word for its kind: one that exists, else one that can be a name."""
    tokens = clause.sentence.tokens
    for _, text in clause.sentence.after([span.stop], lambda text: True):
        if text in ("called", "named"):
            span = Span(span.start, span.stop + 1)
    beside = [*range(span.stop, min(span.stop + 3, len(tokens))), span.start - 1]
    there: set[str] = {
        o["metadata"]["name"] for o in clause.world.inside(_OF_KIND[kind], clause.namespace)
    }
    for place in beside:
        if 0 <= place < len(tokens) and tokens[place].text in there:
            return str(tokens[place].text)
    for place in (span.stop, span.start - 1):
        if 0 <= place < len(tokens):
            token = tokens[place]
            if named(token.text) and not ordinary(token.low) and not token.low.isdigit():
                return token.text
    return ""
