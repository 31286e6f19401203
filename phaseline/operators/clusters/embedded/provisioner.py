"""The volume provisioner: a folder of the node for each claim of the storage class.

Run by the supervisor as `python -m phaseline.operators.clusters.embedded.provisioner KUBECONFIG
NODE`. It looks at all claims and volumes whenever one changes, so a missed event costs nothing.
A volume is of the kind `local`: kubelet gives its folder to the pod's fsGroup.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import urllib3

from kubernetes import client, config, watch
from phaseline.operators.clusters.embedded.layout import INSIDE, PROVISIONER

FOLDER = INSIDE / "volumes"
WATCH_SECONDS = 300
RECONNECT_SECONDS = 1.0
_WANTED = "volume.kubernetes.io/storage-provisioner"
_NODE = "volume.kubernetes.io/selected-node"


def due(claim: Mapping[str, Any]) -> bool:
    """Whether a claim waits for us: unbound, of our class, and its pod has a node."""
    notes = claim["metadata"].get("annotations", {})
    ours = notes.get(_WANTED) == PROVISIONER and _NODE in notes
    return (
        ours
        and not claim["spec"].get("volumeName")
        and "deletionTimestamp" not in claim["metadata"]
    )


def volume_for(claim: Mapping[str, Any], node: str) -> dict[str, Any]:
    """The PersistentVolume for a claim, bound to it by UID, on the node that has its folder."""
    spec, metadata = claim["spec"], claim["metadata"]
    name = f"pvc-{metadata['uid']}"
    on_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "local": {"path": str(FOLDER / name)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_node]}]}},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec["storageClassName"],
            "volumeMode": "Filesystem",
        },
    }


def spent(volume: Mapping[str, Any]) -> bool:
    """Whether a volume of ours was released by its claim and is to be deleted."""
    notes = volume["metadata"].get("annotations", {})
    ours = notes.get("pv.kubernetes.io/provisioned-by") == PROVISIONER
    delete = volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    return bool(ours and delete and volume.get("status", {}).get("phase") == "Released")


def reconcile(api: client.CoreV1Api, node: str) -> None:
    """Provision what is due and reclaim what is spent."""
    volumes = _plain(api.list_persistent_volume().items)
    names = {volume["metadata"]["name"] for volume in volumes}
    for claim in _plain(api.list_persistent_volume_claim_for_all_namespaces().items):
        if due(claim):
            manifest = volume_for(claim, node)
            if manifest["metadata"]["name"] not in names:
                provision(api, manifest)
    for volume in filter(spent, volumes):
        name = volume["metadata"]["name"]
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        api.delete_persistent_volume(name)
        print(f"reclaimed {name}", flush=True)  # noqa: T201 - a process with a log


def provision(api: client.CoreV1Api, manifest: Any) -> None:
    """Make the folder, then the volume that names it."""
    folder = Path(manifest["spec"]["local"]["path"])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)  # pods without fsGroup run as any user
    api.create_persistent_volume(manifest)
    print(f"provisioned {folder.name}", flush=True)  # noqa: T201 - a process with a log


def _plain(items: Iterable[Any]) -> list[dict[str, Any]]:
    return [client.ApiClient().sanitize_for_serialization(item) for item in items]


def follow(listing: Callable[..., Any], wake: threading.Event) -> None:
    """Set `wake` after each event of a listing, for ever; a broken connection is made anew."""
    while True:
        try:
            for _ in watch.Watch().stream(listing, timeout_seconds=WATCH_SECONDS):
                wake.set()
        except (client.ApiException, urllib3.exceptions.HTTPError):
            time.sleep(RECONNECT_SECONDS)


def serve(kubeconfig: str, node: str) -> None:
    """Reconcile at the start and after each change, until the process is ended."""
    api = client.CoreV1Api(config.new_client_from_config(kubeconfig))
    wake = threading.Event()
    listings = (api.list_persistent_volume, api.list_persistent_volume_claim_for_all_namespaces)
    for listing in listings:
        threading.Thread(target=follow, args=(listing, wake), daemon=True).start()
    while True:
        wake.clear()
        try:
            reconcile(api, node)
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            print(f"will try again: {error}", flush=True)  # noqa: T201 - a process with a log
            time.sleep(RECONNECT_SECONDS)
            continue
        wake.wait(WATCH_SECONDS)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
