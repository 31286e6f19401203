"""The short forms of what most setups are made of.

{deployment: NAME, replicas: 1, image: …:1, args: [], port: 8080, labels: {app: NAME},
 container: {more of the container}, pod: {more of the pod}}
{service: NAME, selects: {app: NAME}, port: 80, target: 8080}
"""

from __future__ import annotations

from typing import Any

from benchmarks.ai.model import Manifest

REPOSITORY = "localhost/phaseline-scenario"
IMAGE = f"{REPOSITORY}:1"


def expand(one: Manifest) -> Manifest:
    """The manifest that `one` is short for; a manifest is what it is."""
    if "deployment" in one:
        return _deployment(**one)
    if "service" in one:
        return _service(**one)
    return one


def _deployment(
    deployment: str,
    *,
    replicas: int = 1,
    image: str = IMAGE,
    args: list[str] | None = None,
    port: int = 8080,
    labels: dict[str, str] | None = None,
    container: dict[str, Any] | None = None,
    pod: dict[str, Any] | None = None,
) -> Manifest:
    labels = labels or {"app": deployment}
    ports = [{"containerPort": port}]
    content = {"name": deployment, "image": image, "args": args or [], "ports": ports}
    containers = [content | (container or {})]
    # these programs have nothing to end in peace
    spec = {"containers": containers, "terminationGracePeriodSeconds": 1} | (pod or {})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": deployment, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def _service(
    service: str, *, selects: dict[str, str] | None = None, port: int = 80, target: int = 8080
) -> Manifest:
    spec = {
        "selector": selects or {"app": service},
        "ports": [{"port": port, "targetPort": target}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": service}, "spec": spec}
