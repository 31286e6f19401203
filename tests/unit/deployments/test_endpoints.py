from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.deployments.endpoints import behind

LABELS = {"app": "page"}


def pod(name: str, *, ready: bool = True, leaving: bool = False) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "labels": {**LABELS, "hash": name}}
    if leaving:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
    return {"kind": "Pod", "metadata": metadata, "status": status}


def service(name: str = "page", **spec: Any) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": LABELS, **spec}}


def endpoints(*ready: str, leaving: str = "", of: str = "page") -> dict[str, Any]:
    listed = [{"targetRef": {"name": one}, "conditions": {"ready": True}} for one in ready]
    if leaving:
        conditions = {"ready": False, "serving": True, "terminating": True}
        listed.append({"targetRef": {"name": leaving}, "conditions": conditions})
    labels = {"kubernetes.io/service-name": of}
    return {"kind": "EndpointSlice", "metadata": {"labels": labels}, "endpoints": listed}


@pytest.mark.parametrize(
    ("objects", "waiting"),
    [
        ([pod("new"), endpoints("new")], []),
        ([pod("new"), pod("old", leaving=True), endpoints("new", leaving="old")], []),
        ([pod("new"), pod("old", leaving=True), endpoints("old")], ["new, old"]),
        ([pod("new"), pod("old", leaving=True), endpoints("new", "old")], ["old"]),
        ([pod("new"), pod("starts", ready=False), endpoints("new")], []),
        ([pod("one"), pod("two"), endpoints("one"), endpoints("two")], []),
        ([pod("one"), endpoints("one", of="another")], ["one"]),
        ([pod("new"), endpoints()], ["new"]),
        ([{**endpoints(), "endpoints": None}], []),
    ],
)
def test_a_service_leads_to_the_pods_that_stay(
    objects: list[dict[str, Any]], waiting: list[str]
) -> None:
    told = [f"Service/page to follow {one}" for one in waiting]
    assert list(behind([service(), *objects])) == told


def test_services_that_follow_no_pods_are_left_out() -> None:
    by_hand = service("by-hand", selector={})
    headless = service("all", publishNotReadyAddresses=True)
    assert list(behind([by_hand, headless, pod("starts", ready=False)])) == []
