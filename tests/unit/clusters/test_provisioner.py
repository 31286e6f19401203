from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.clusters.embedded.layout import PROVISIONER
from phaseline.operators.clusters.embedded.provisioner import (
    FOLDER,
    due,
    outgrown,
    spent,
    volume_for,
)

OURS = {
    "volume.kubernetes.io/storage-provisioner": PROVISIONER,
    "volume.kubernetes.io/selected-node": "node-1",
}


def claim(notes: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"name": "data", "namespace": "shop", "uid": "u-1", **more.pop("metadata", {})}
    if notes is not None:
        metadata["annotations"] = notes
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "standard",
        **more,
    }
    return {"metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (claim(OURS), True),
        (claim(), False),
        (claim({}), False),
        (claim({**OURS, "volume.kubernetes.io/storage-provisioner": "another"}), False),
        (claim({"volume.kubernetes.io/storage-provisioner": PROVISIONER}), False),
        (claim(OURS, volumeName="pvc-u-1"), False),
        (claim(OURS, metadata={"deletionTimestamp": "now"}), False),
    ],
)
def test_which_claim_waits_for_us(one: dict[str, Any], wanted: bool) -> None:
    assert due(one) is wanted


def test_the_volume_is_bound_to_its_claim_and_its_node() -> None:
    volume = volume_for(claim(OURS), "node-1")
    spec = volume["spec"]
    assert volume["metadata"]["name"] == "pvc-u-1"
    assert spec["claimRef"]["uid"] == "u-1"
    assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"]) == ("shop", "data")
    assert spec["local"]["path"] == str(FOLDER / "pvc-u-1")
    assert spec["capacity"] == {"storage": "1Gi"}
    assert spec["accessModes"] == ["ReadWriteOnce"]
    terms = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["node-1"]
    assert spec["persistentVolumeReclaimPolicy"] == "Delete"


@pytest.mark.parametrize(
    ("by", "policy", "phase", "wanted"),
    [
        (PROVISIONER, "Delete", "Released", True),
        (PROVISIONER, "Delete", "Bound", False),
        (PROVISIONER, "Delete", "Available", False),
        (PROVISIONER, "Retain", "Released", False),
        ("another", "Delete", "Released", False),
        ("", "Delete", "Released", False),
    ],
)
def test_which_volume_is_reclaimed(by: str, policy: str, phase: str, wanted: bool) -> None:
    volume = volume_for(claim(OURS), "node-1")
    volume["metadata"]["annotations"] = {"pv.kubernetes.io/provisioned-by": by} if by else {}
    volume["spec"]["persistentVolumeReclaimPolicy"] = policy
    assert spent({**volume, "status": {"phase": phase}}) is wanted


def test_a_volume_that_was_just_made_is_not_reclaimed() -> None:
    assert not spent(volume_for(claim(OURS), "node-1"))


def bound(asked: str, told: str | None, by: str = PROVISIONER, held: str = "1Gi") -> bool:
    """Whether a claim that asks for one size and reports another has outgrown its volume."""
    grown = claim(OURS, volumeName="pvc-u-1", resources={"requests": {"storage": asked}})
    grown["status"] = {"capacity": {"storage": told}} if told else {}
    volume = volume_for(claim(OURS), "node-1")
    volume["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] = by
    volume["spec"]["capacity"]["storage"] = held
    return outgrown(grown, volume)


@pytest.mark.parametrize(
    ("asked", "told", "by", "held", "wanted"),
    [
        ("2Gi", "1Gi", PROVISIONER, "1Gi", True),
        ("1Gi", "1Gi", PROVISIONER, "1Gi", False),
        ("1024Mi", "1Gi", PROVISIONER, "1Gi", False),
        ("2Gi", "1Gi", PROVISIONER, "2Gi", True),  # cut off between the two
        ("2Gi", "2Gi", PROVISIONER, "2Gi", False),
        ("2Gi", "1Gi", "another", "1Gi", False),
        ("2Gi", None, PROVISIONER, "1Gi", False),  # not bound yet
    ],
)
def test_which_claim_has_outgrown_its_volume(
    asked: str, told: str | None, by: str, held: str, wanted: bool
) -> None:
    assert bound(asked, told, by, held) is wanted


def test_the_class_decides_what_becomes_of_the_volume() -> None:
    kept = volume_for(claim(OURS), "node-1", "Retain")
    assert kept["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert not spent({**kept, "status": {"phase": "Released"}})
