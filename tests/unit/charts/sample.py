"""A manifest in which nothing is wrong, for tests that spoil one thing at a time."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

IMAGE = "localhost/shop/api:1"
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "api"},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "api", "tier": "back"}},
            "spec": {
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 1000,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "api",
                        "image": IMAGE,
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "ports": [{"name": "http", "containerPort": 8000}],
                        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                        "livenessProbe": {"httpGet": {"path": "/", "port": "http"}},
                        "resources": {
                            "requests": {"cpu": "1m", "memory": "1Mi"},
                            "limits": {"memory": "2Mi"},
                        },
                        "env": [{"name": "MODE", "value": "fast"}],
                        "envFrom": [{"configMapRef": {"name": "settings"}}],
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        }
    },
}
SERVICE: dict[str, Any] = {
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"app": "api"},
        "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
    },
}
SETTINGS: dict[str, Any] = {
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"LEVEL": "info", "upstream.conf": "server api:8000;"},
}
SECRET: dict[str, Any] = {
    "kind": "Secret",
    "metadata": {"name": "keys"},
    "data": {"password": "eA=="},
}


def spoilt(one: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `one` with `value` at a dotted path; numbers are places in a list, None removes."""
    copy = deepcopy(one)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = copy
    for part in way:
        place = place[part] if isinstance(part, int) else place.setdefault(part, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy
