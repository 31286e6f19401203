"""Helm's own record of a release, read through an API server that answers as the real one does.

The Secrets are as helm 4.2.4 left them; their names, labels and content:
https://helm.sh/docs/topics/advanced/#storage-backends.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from phaseline.tools.api_server import connected
from phaseline.tools.helm_release import Release, newest
from tests.contract.test_api_server import ANSWERS, Served
from tests.contract.test_api_server import served as served

FOLDER = "/api/v1/namespaces/todo/secrets"
LISTED = f"{FOLDER}?labelSelector=owner%3Dhelm%2Cname%3Dtodo-app"


def told(revision: int, status: str) -> dict[str, Any]:
    """What helm keeps of one revision."""
    return {
        "name": "todo-app",
        "info": {
            "first_deployed": "2026-11-23T10:37:59.152668395Z",
            "last_deployed": "2026-11-23T10:38:00.425878428Z",
            "description": "Upgrade complete",
            "status": status,
        },
        "chart": {"metadata": {"name": "todo-app"}},
        "manifest": "---\nkind: Service\n",
        "version": revision,
        "namespace": "todo",
        "apply_method": "ssa",
    }


def keep(revision: int, status: str) -> dict[str, Any]:
    """Have the server hold a revision; what a list says of it."""
    name = f"sh.helm.release.v1.todo-app.v{revision}"
    packed = base64.b64encode(gzip.compress(json.dumps(told(revision, status)).encode()))
    data = {"release": base64.b64encode(packed).decode()}
    ANSWERS[f"{FOLDER}/{name}"] = (200, {"kind": "Secret", "data": data})
    return {"metadata": {"name": name, "labels": {"owner": "helm", "version": str(revision)}}}


def test_the_last_revision_counts_whatever_its_state(served: Served) -> None:
    states = {8: "superseded", 10: "pending-upgrade", 9: "deployed"}
    listed = [keep(revision, status) for revision, status in states.items()]
    ANSWERS[LISTED] = (200, {"kind": "PartialObjectMetadataList", "items": listed})
    with connected(served.kubeconfig) as api:
        found = newest(api, "todo", "todo-app")
    assert found == Release(
        revision=10,
        status="pending-upgrade",
        first_deployed="2026-11-23T10:37:59.152668395Z",
        manifest="---\nkind: Service\n",
    )
    lists = [line for line in served.accepted if "labelSelector" in line]
    assert lists
    assert all("PartialObjectMetadataList" in line for line in lists)


def test_no_such_release(served: Served) -> None:
    ANSWERS[LISTED] = (200, {"kind": "PartialObjectMetadataList", "items": None})
    with connected(served.kubeconfig) as api:
        assert newest(api, "todo", "todo-app") is None
