"""The volume provisioner: a folder of the node for each claim of the storage class.

Run by the supervisor as `python -m phaseline.operators.clusters.embedded.provisioner KUBECONFIG
NODE`. It looks at all claims and volumes whenever one changes, so a missed event costs nothing.
A volume is of the kind `local`: kubelet gives its folder to the pod's fsGroup. Its size is what was
asked for, and can be raised: nothing holds a pod to it, as nothing does on the machine's own disk.
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
from kubernetes.utils.quantity import parse_quantity

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


def volume_for(claim: Mapping[str, Any], node: str, policy: str = "Delete") -> dict[str, Any]:
    """The PersistentVolume for a claim, bound to it by UID, on the node that has its folder.

    Args:
        policy: what becomes of it without its claim: `Delete` or `Retain`, as its class has it.
    """
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
            "persistentVolumeReclaimPolicy": policy,
            "storageClassName": spec["storageClassName"],
            "volumeMode": "Filesystem",
        },
    }


def spent(volume: Mapping[str, Any]) -> bool:
    """Whether a volume of ours was released by its claim and is to be deleted."""
    delete = volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    return _ours(volume) and delete and volume.get("status", {}).get("phase") == "Released"


def outgrown(claim: Mapping[str, Any], volume: Mapping[str, Any]) -> bool:
    """Whether a claim that is bound to a volume of ours asks for more than either reports."""
    wanted = parse_quantity(claim["spec"]["resources"]["requests"]["storage"])
    told = claim.get("status", {}).get("capacity", {}).get("storage")
    held = parse_quantity(volume["spec"]["capacity"]["storage"])
    return _ours(volume) and told is not None and wanted > min(held, parse_quantity(told))


def _ours(volume: Mapping[str, Any]) -> bool:
    notes = volume["metadata"].get("annotations", {})
    return bool(notes.get("pv.kubernetes.io/provisioned-by") == PROVISIONER)


def reconcile(api: client.CoreV1Api, classes: client.StorageV1Api, node: str) -> None:
    """Provision what is due, expand what is outgrown and reclaim what is spent."""
    claims = _plain(api.list_persistent_volume_claim_for_all_namespaces().items)
    volumes = {one["metadata"]["name"]: one for one in _plain(api.list_persistent_volume().items)}
    for claim in filter(due, claims):
        manifest = volume_for(claim, node, _policy(classes, claim["spec"]["storageClassName"]))
        if manifest["metadata"]["name"] not in volumes:
            provision(api, manifest)
    for claim in claims:
        volume = volumes.get(claim["spec"].get("volumeName", ""))
        if volume and outgrown(claim, volume):
            expand(api, claim, volume)
    for volume in filter(spent, volumes.values()):
        reclaim(api, volume["metadata"]["name"])


def _policy(classes: client.StorageV1Api, name: str) -> str:
    return classes.read_storage_class(name).reclaim_policy or "Delete"


def provision(api: client.CoreV1Api, manifest: Any) -> None:
    """Make the folder, then the volume that names it."""
    folder = Path(manifest["spec"]["local"]["path"])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)  # pods without fsGroup run as any user
    api.create_persistent_volume(manifest)
    print(f"provisioned {folder.name}", flush=True)  # noqa: T201 - a process with a log


def expand(api: client.CoreV1Api, claim: Mapping[str, Any], volume: Mapping[str, Any]) -> None:
    """Report the size that the claim asks for: on the volume, then on the claim."""
    size, metadata = claim["spec"]["resources"]["requests"]["storage"], claim["metadata"]
    capacity = {"capacity": {"storage": size}}
    api.patch_persistent_volume(volume["metadata"]["name"], {"spec": capacity})
    told = {"status": {**capacity, "conditions": None}}  # of an expansion that is over
    api.patch_namespaced_persistent_volume_claim_status(
        metadata["name"], metadata["namespace"], told
    )
    print(f"expanded {volume['metadata']['name']} to {size}", flush=True)  # noqa: T201 - as above


def reclaim(api: client.CoreV1Api, name: str) -> None:
    """Remove the folder of a volume, then the volume."""
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    api.delete_persistent_volume(name)
    print(f"reclaimed {name}", flush=True)  # noqa: T201 - a process with a log


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
    access = config.new_client_from_config(kubeconfig)
    api, classes = client.CoreV1Api(access), client.StorageV1Api(access)
    wake = threading.Event()
    listings = (api.list_persistent_volume, api.list_persistent_volume_claim_for_all_namespaces)
    for listing in listings:
        threading.Thread(target=follow, args=(listing, wake), daemon=True).start()
    while True:
        wake.clear()
        try:
            reconcile(api, classes, node)
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            print(f"will try again: {error}", flush=True)  # noqa: T201 - a process with a log
            time.sleep(RECONNECT_SECONDS)
            continue
        wake.wait(WATCH_SECONDS)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
