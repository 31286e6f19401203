"""The name of what a clause asks to be made, and images with the names beside them."""

from __future__ import annotations

from collections.abc import Iterable

from phaseline.operators.ai_operations.planner.intent import Clause, Missing
from phaseline.operators.ai_operations.planner.sentence import Sentence, image, named, ordinary

_BEFORE_IMAGE = ("image", "images", "using", "from", "runs", "running", "uses", "use", "run")
_LINKS = ("with", "the", "a", "an", "on", "image", "of", "container", "latest", "docker", "based")


def new_name(clause: Clause, nouns: Iterable[str], fallback: str = "") -> str:
    """The name of a new object: called so, or beside the word for its kind.

    Raises:
        Missing: there is none.
    """
    sentence, nouns = clause.sentence, tuple(nouns)
    if own := _called_after(sentence, nouns) or _as(clause):
        return own
    for place, token in enumerate(sentence.tokens):
        if token.low not in nouns:
            continue
        following = sentence.tokens[place + 1] if place + 1 < len(sentence.tokens) else None
        if (
            following
            and following.low not in nouns
            and (_names(following.text, following.quoted, clause))
        ):
            return following.text
        before = sentence.tokens[place - 1] if place else None
        if before and before.low not in nouns and _names(before.text, before.quoted, clause):
            return before.text
    if fallback:
        return fallback
    raise Missing("its name")


def _as(clause: Clause) -> str:
    """The name behind `as`."""
    for place in clause.sentence.behind("as"):
        token = clause.sentence.tokens[place] if place < len(clause.sentence.tokens) else None
        if token and _names(token.text, token.quoted, clause):
            return token.text
    return ""


def _called_after(sentence: Sentence, nouns: tuple[str, ...]) -> str:
    """The name behind `called` that is nearest after a word for the kind."""
    places = [i for i, one in enumerate(sentence.tokens) if one.low in nouns]
    first = min(places, default=0)
    behind = [(place, text) for place, text in sentence.called if place > first]
    if behind and places:
        return min(
            behind, key=lambda pair: min((pair[0] - p for p in places if p < pair[0]), default=99)
        )[1]
    return sentence.called[0][1] if sentence.called else ""


def _names(text: str, quoted: bool, clause: Clause) -> bool:
    if quoted:
        return named(text)
    amounts = {clause.sentence.tokens[one.start].text for one in clause.sentence.quantities}
    digits = text.replace(".", "").isdigit()
    taken = digits or image(text) or text in amounts
    return named(text) and not ordinary(text.lower()) and not taken


def images(clause: Clause) -> list[tuple[int, str]]:
    """The images of a clause with their places: by their form, or by the word before them."""
    sentence, found = clause.sentence, {}
    for place, token in enumerate(sentence.tokens):
        text = token.text
        if "=" not in text and image(text) and not text.startswith("http"):
            found[place] = text
    for place, token in enumerate(sentence.tokens):
        if token.low in _BEFORE_IMAGE:
            at = place + 1
            while at < len(sentence.tokens) and sentence.tokens[at].low in _LINKS:
                at += 1
            said = "image" in [
                sentence.tokens[i].low for i in range(place, min(at, len(sentence.tokens)))
            ]
            if at < len(sentence.tokens) and at not in found:
                text = sentence.tokens[at].text
                if _bare_image(text, clause, sure=said):
                    found[at] = text
    return sorted(found.items())


def _bare_image(text: str, clause: Clause, *, sure: bool) -> bool:
    """Whether a word without a tag is an image: the nodes have one of that name, or it is said."""
    if not named(text) or text.isdigit():
        return False
    here = {one.rpartition("/")[2].partition(":")[0] for one in clause.world.images}
    return text in here or text in WELL_KNOWN or (sure and not ordinary(text.lower()))


WELL_KNOWN = frozenset(
    [
        "nginx",
        "redis",
        "postgres",
        "mysql",
        "mariadb",
        "busybox",
        "alpine",
        "httpd",
        "rabbitmq",
        "memcached",
        "mongo",
        "python",
        "node",
        "traefik",
        "haproxy",
        "caddy",
        "debian",
        "ubuntu",
        "openjdk",
        "golang",
        "elasticsearch",
        "kafka",
        "zookeeper",
        "nats",
        "consul",
        "vault",
        "etcd",
        "grafana",
        "prometheus",
        "minio",
        "registry",
        "curl",
    ]
)


def base_name(reference: str) -> str:
    """The last part of an image's name, fit to be an object's."""
    short = reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return short.lower().replace("_", "-").replace(".", "-").strip("-")
