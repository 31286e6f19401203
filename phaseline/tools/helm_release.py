"""A release as helm itself keeps it: a Secret for each revision, in the release's namespace.

Asked of the API server: helm takes a quarter of a second of a core to read the same. The format is
JSON, in gzip, in base64: https://helm.sh/docs/topics/advanced/#storage-backends and `encodeRelease`
in pkg/storage/driver/util.go.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

from phaseline.tools.api_server import ApiServer

DEPLOYED = "deployed"


@dataclass(frozen=True)
class Release:
    """One revision.

    Attributes:
        status: as `helm.Status` has it.
        first_deployed: when the first revision was installed, as RFC 3339 has it.
        manifest: what was applied.
    """

    revision: int
    status: str
    first_deployed: str
    manifest: str


def newest(api: ApiServer, namespace: str, name: str) -> Release | None:
    """The last revision of the release `name`; None where there is none."""
    folder = f"/api/v1/namespaces/{namespace}/secrets"
    wanted = f"labelSelector=owner%3Dhelm%2Cname%3D{name}"
    revisions = api.metadata(f"{folder}?{wanted}")
    if not revisions:
        return None
    last = max(revisions, key=lambda one: int(one["labels"]["version"]))
    found = api.get(f"{folder}/{last['name']}")
    return _decoded(found["data"]["release"]) if found else None


def kept(api: ApiServer, namespace: str, name: str) -> list[Release]:
    """Every revision of the release `name` that can be gone back to."""
    wanted = f"labelSelector=owner%3Dhelm%2Cname%3D{name}"
    secrets = api.items(f"/api/v1/namespaces/{namespace}/secrets?{wanted}")
    return [_decoded(one["data"]["release"]) for one in secrets]


def _decoded(data: str) -> Release:
    """What a Secret holds: the API has its value in base64 once more."""
    told: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    about = told["info"]
    return Release(told["version"], about["status"], about["first_deployed"], told["manifest"])
