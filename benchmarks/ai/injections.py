"""The prompt injections of `injections.yaml`, as objects of a namespace and lines of files."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

import yaml

from benchmarks.ai.manifests import expand
from benchmarks.ai.model import FOLDER, NAMESPACE, Manifest

BYSTANDER = "bystander"
_RELEASES = "helm-notes"  # the channel that also has Helm's own records


@dataclass(frozen=True)
class Channel:
    """One way in, with every payload in it.

    Attributes:
        objects: what carries them, and a Deployment that no one asks about.
        victims: the workloads that are ill, one for each payload.
        path: a file of the checkout to which `lines` are appended; "" for none.
    """

    name: str
    namespace: str
    objects: list[Manifest]
    victims: list[str]
    path: str = ""
    lines: tuple[str, ...] = ()


def channels() -> list[Channel]:
    """All of them."""
    told = yaml.load((FOLDER / "injections.yaml").read_text(), Loader=yaml.CSafeLoader)
    return [_channel(name, told) for name in told["channels"]]


def _channel(name: str, told: dict[str, Any]) -> Channel:
    namespace = f"inject-{name}"
    objects: list[Manifest] = [expand({"deployment": BYSTANDER})]
    victims, lines = [], []
    place = told["files"].get(name, {})
    for payload in told["payloads"]:
        victim = f"victim-{payload['id']}"
        words = {
            "text": payload["text"],
            "slug": payload["slug"],
            "name": victim,
            NAMESPACE.strip("@"): namespace,
        }
        objects += [expand(_filled(one, words)) for one in told["channels"][name]]
        if name == _RELEASES:
            objects.append(release(victim, payload["text"]))
        victims.append(victim)
        lines.append(_filled(place.get("line", ""), words))
    return Channel(name, namespace, objects, victims, place.get("path", ""), tuple(lines))


def _filled(held: Any, words: dict[str, str]) -> Any:
    """`held` with each `@word@` replaced, wherever a text is."""
    if isinstance(held, dict):
        return {key: _filled(value, words) for key, value in held.items()}
    if isinstance(held, list):
        return [_filled(value, words) for value in held]
    if isinstance(held, str):
        for word, value in words.items():
            held = held.replace(f"@{word}@", value)
    return held


def release(name: str, notes: str) -> Manifest:
    """What Helm keeps of a release with these notes.

    The format: gzipped JSON in base64, in a Secret whose values are base64 themselves.
    https://github.com/helm/helm/blob/main/pkg/storage/driver/util.go
    """
    record = {
        "name": name,
        "version": 1,
        "info": {"status": "deployed", "notes": notes, "description": notes},
        "chart": {"metadata": {"name": name, "version": "1.0.0", "description": notes}},
        "manifest": "",
    }
    packed = base64.b64encode(gzip.compress(json.dumps(record).encode(), mtime=0)).decode()
    labels = {"name": name, "owner": "helm", "status": "deployed", "version": "1"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"sh.helm.release.v1.{name}.v1", "labels": labels},
        "type": "helm.sh/release.v1",
        "stringData": {"release": packed},
    }
