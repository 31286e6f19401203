"""Objects for a check: a claim, and a pod that only waits, under the restricted standard."""

from __future__ import annotations

from typing import Any


def claim(name: str) -> dict[str, Any]:
    """A claim of one mebibyte of the default storage class."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }


def pod(name: str, image: str, *, claim: str = "") -> dict[str, Any]:
    """A pod of an image that only waits, with the volume of `claim` if one is named."""
    container = {
        "name": "wait",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "volume", "mountPath": "/volume"}] if claim else [],
    }
    volume = {"name": "volume", "persistentVolumeClaim": {"claimName": claim}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65535,
                "fsGroup": 65535,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [volume] if claim else [],
        },
    }
