"""The template of pods that a clause describes: containers, variables, mounts, probes, amounts."""

from __future__ import annotations

import re
import shlex
from typing import Any

from phaseline.operators.ai_operations.planner.amounts import ports, resources, seconds
from phaseline.operators.ai_operations.planner.intent import Clause, Missing
from phaseline.operators.ai_operations.planner.mounts import mounts
from phaseline.operators.ai_operations.planner.names import base_name, images
from phaseline.operators.ai_operations.planner.sentence import Sentence, named, ordinary

Spec = dict[str, Any]
RESTRICTED_POD: Spec = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
RESTRICTED: Spec = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_ANYBODY = 65534  # where an image would run as root


def pod_spec(clause: Clause) -> Spec:
    """The spec of pods.

    Raises:
        Missing: no image is named.
    """
    found = images(clause)
    if not found:
        raise Missing("which image")
    containers = _containers(clause, found)
    spec: Spec = {"containers": containers}
    volumes, mounted = mounts(clause)
    if mounted:
        for one in _mounting(clause, containers):
            one["volumeMounts"] = mounted
        spec["volumes"] = volumes
    if clause.world.restricted(clause.namespace):
        _restrict(spec)
    if account := next(iter(clause.sentence.after(_of_account(clause.sentence), named)), None):
        spec["serviceAccountName"] = account[1]
    if selector := node_selector(clause.sentence):
        spec["nodeSelector"] = selector
    return spec


def _of_account(sentence: Sentence) -> list[int]:
    return sentence.ends("account")


def node_selector(sentence: Sentence) -> dict[str, str]:
    """Labels of nodes: on nodes with disk=ssd."""
    if not sentence.word("node", "nodes"):
        return {}
    marks = sentence.behind("node", "nodes")
    found = [text for _, text in sentence.after(marks, lambda text: "=" in text, reach=5)]
    return {name: value for name, _, value in (one.partition("=") for one in found)}


def _mounting(clause: Clause, containers: list[Spec]) -> list[Spec]:
    """Which containers mount: all where it is shared or said to be in both, else the first."""
    shared = clause.sentence.word("both", "shared", "share", "sharing", "each", "all")
    return containers if shared else containers[:1]


def _restrict(spec: Spec) -> None:
    spec["securityContext"] = dict(RESTRICTED_POD)
    for one in spec["containers"]:
        one["securityContext"] = {**RESTRICTED}
        one["securityContext"]["runAsUser"] = _ANYBODY


def _containers(clause: Clause, found: list[tuple[int, str]]) -> list[Spec]:
    containers: list[Spec] = []
    stops = [place for place, _ in found[1:]] + [len(clause.sentence.tokens)]
    for number, ((place, text), stop) in enumerate(zip(found, stops, strict=True)):
        reference = clause.world.image(text)
        start = found[number - 1][0] + 1 if number else 0
        name = _container_name(clause.sentence, place, start, text, number, len(found))
        while any(one["name"] == name for one in containers):
            name = f"{name}-{number + 1}"
        one: Spec = {"name": name, "image": reference}
        if clause.world.ready(reference):
            one["imagePullPolicy"] = "IfNotPresent"
        if argv := command(clause.sentence, place if len(found) > 1 else 0, stop):
            one["command"] = argv
        containers.append(one)
    _detail(clause.sentence, containers[0])
    return containers


def _container_name(
    sentence: Sentence, place: int, start: int, text: str, number: int, total: int
) -> str:
    """Called so, or just before its image: `web running nginx`; else after the image."""
    if number or total > 1:
        near = [name for at, name in sentence.called if start <= at < place]
        after = [name for at, name in sentence.called if place < at <= place + 3]
        heads_pod = number == 0 and len([n for a, n in sentence.called if a < place]) == 1
        if near and not heads_pod:
            return near[-1]
        if number and after:
            return after[0]
        links = ("running", "using", "from", "with", "image", "runs", "on", "the", "=", "is", "(")
        at = place - 1
        while at > start and sentence.tokens[at].low in links:
            at -= 1
        word = sentence.tokens[at]
        if at >= start and named(word.text) and not ordinary(word.low) and at < place - 1:
            return word.text
    return base_name(text)


def command(sentence: Sentence, start: int, stop: int) -> list[str]:
    """What a container runs: a quoted text as a shell has it, or the words after `command`."""
    orders = ("run", "runs", "running", "command", "cmd", "execute", "executes", "executing")
    for place in range(start, stop):
        token = sentence.tokens[place]
        if token.quoted and place and sentence.tokens[place - 1].low in orders:
            return ["sh", "-c", token.text]
        before = [sentence.tokens[i].low for i in range(max(0, place - 4), place)]
        told = {"run", "running", "runs", "command", "execute", "executes", "executing", "that"}
        told |= {"which", "prints", "print", "do", "doing", "with", "args", "to", "cmd", "and"}
        if token.quoted and told & set(before) and " " in token.text.strip():
            return ["sh", "-c", token.text]
    for place in range(start, stop):
        low = sentence.tokens[place].low
        if low in ("prints", "print", "echoes", "says", "printing") and place + 1 < stop:
            said = sentence.tokens[place + 1]
            words = [said.text] if said.quoted else _unquoted(sentence, place + 1, stop)
            return ["sh", "-c", f"echo {shlex.join(words)}"]
        following = sentence.tokens[place + 1] if place + 1 < stop else None
        if low in ("command", "cmd", "executing", "executes", "running") and following:
            if following.quoted:
                return ["sh", "-c", following.text]
            if low != "running" or following.low in _PROGRAMS:
                return _unquoted(sentence, place + 1, stop)
        if low in ("that", "which", "to") and following and following.low in ("sleeps", "sleep"):
            return ["sh", "-c", f"sleep {_digits(sentence, place, stop)}"]
    return []


_PROGRAMS = frozenset(
    ["sleep", "echo", "sh", "python", "date", "true", "ls", "cat", "env", "wget", "curl", "tail"]
)


_STOPS = ("with", "every", "in", "at", "using", "from", "on")


def _digits(sentence: Sentence, place: int, stop: int) -> str:
    found = [t.low for t in sentence.tokens[place:stop] if re.fullmatch(r"\d+", t.low)]
    return found[0] if found else "infinity"


def _unquoted(sentence: Sentence, start: int, stop: int) -> list[str]:
    words = []
    for token in sentence.tokens[start:stop]:
        if token.text in (",", ";", "(", ")") or token.low in (
            "with",
            "every",
            "in",
            "at",
            "using",
            "from",
            "on",
        ):
            break
        words.append(token.text)
    return words[:-1] if words and words[-1] == "and" else words


def _detail(sentence: Sentence, one: Spec) -> None:
    """What is told of the first container: ports, variables, amounts, probes."""
    if listed := container_ports(sentence):
        one["ports"] = [{"containerPort": port} for port in listed]
    if found := environment(sentence):
        one["env"] = [{"name": name, "value": value} for name, value in found.items()]
    if sources := env_sources(sentence):
        one["envFrom"] = sources
    if amounts := resources(sentence):
        one["resources"] = amounts
    one.update(probes(sentence, (container_ports(sentence) or [0])[0]))


def container_ports(sentence: Sentence) -> list[int]:
    """The ports that containers listen on."""
    return list(dict.fromkeys(ports(sentence)))


def environment(sentence: Sentence) -> dict[str, str]:
    """The variables that are told; labels and the like are none."""
    if sentence.has("label") and not sentence.has("env"):
        return {}
    selectors = node_selector(sentence)
    return {k: v for k, v in sentence.pairs.items() if k not in selectors}


def env_sources(sentence: Sentence) -> list[Spec]:
    """All keys of a ConfigMap or Secret as variables: environment from the config map settings."""
    if not (sentence.has("env") and sentence.word("from", "using", "load", "loads", "loading")):
        return []
    found: list[Spec] = []
    for concept, field in (("configmap", "configMapRef"), ("secret", "secretRef")):
        for span in sentence.concepts.get(concept, ()):
            beside = [span.stop, span.start - 1]
            for place in beside:
                token = sentence.tokens[place] if 0 <= place < len(sentence.tokens) else None
                if token and named(token.text) and not ordinary(token.low) and not found:
                    found.append({field: {"name": token.text}})
    return found


def probes(sentence: Sentence, port: int) -> Spec:
    """Probes, each with its own path and port where several are told."""
    if not sentence.has("probe"):
        return {}
    kinds = [k for k in ("readiness", "liveness", "startup") if sentence.has(k)]
    kinds = kinds or ["readiness", "liveness"]
    places = sorted((sentence.concepts[k][0].start, k) for k in kinds if sentence.has(k))
    found = {}
    for number, kind in enumerate(kinds):
        span = (0, len(sentence.tokens))
        if len(places) > 1:
            order = [name for _, name in places]
            index = order.index(kind)
            end = places[index + 1][0] if index + 1 < len(places) else len(sentence.tokens)
            span = (places[index][0], end)
        found[f"{kind}Probe"] = _probe(sentence, span, port, number)
    if len(found) > 1:
        whole = _probe(sentence, (0, len(sentence.tokens)), port, 0)
        for kind, probe in found.items():
            if "tcpSocket" in probe and "httpGet" in whole:
                found[kind] = whole
    return found


def _probe(sentence: Sentence, span: tuple[int, int], port: int, number: int) -> Spec:
    tokens = sentence.tokens[span[0] : span[1]]
    part = Sentence(tokens)
    path = next((t.text for t in tokens if re.fullmatch(r"/[\w./-]*", t.text)), "")
    own = ports(part)
    chosen = own[-1] if own else port
    if not chosen:
        raise Missing("the port of its probe")
    probe: Spec = (
        {"httpGet": {"path": path, "port": chosen}} if path else ({"tcpSocket": {"port": chosen}})
    )
    every, after = seconds(part, "every"), seconds(part, "after", "delay", "initial")
    if every:
        probe["periodSeconds"] = every
    if after:
        probe["initialDelaySeconds"] = after
    return probe
