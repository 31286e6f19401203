"""The API over HTTP with a real cluster behind it: what is approved happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

RELEASE = "todo-app"


@pytest.fixture
def api(deployed: Deployed) -> Iterator[httpx.Client]:
    """Somebody who may change everything, at the `invoke serve` of the shared workspace."""
    running = deployed.workspace.start("serve", "--port", "0")
    running.await_line("tokens: ", 30)
    token = (deployed.workspace.state / "api/operator.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    base = running.text.splitlines()[0]
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as client:
        yield client
    running.process.terminate()
    assert running.wait(20).code == 0


def ended(api: httpx.Client, accepted: httpx.Response, state: str = "succeeded") -> Any:
    """The operation that was accepted, at its end."""
    assert accepted.status_code == 202, accepted.text
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = api.get(f"/operations/{accepted.json()['id']}").json()
        if found["ended"]:
            assert found["state"] == state, found
            return found
        time.sleep(0.2)
    raise AssertionError("the operation does not end")


def test_scaled_as_it_was_read_and_back_by_a_plan(api: httpx.Client, deployed: Deployed) -> None:
    place = "/deployments/backend"
    tag = api.get(place).raise_for_status().headers["ETag"]
    ended(api, api.patch(place, json={"replicas": 2}, headers={"If-Match": tag}))
    assert api.get(place).json()["ready"] == 2
    assert api.patch(place, json={"replicas": 3}, headers={"If-Match": tag}).status_code == 412

    words = {"request": f"scale {RELEASE}-backend to 1", "namespace": RELEASE}
    plan = api.get(f"/ai/plans/{ended(api, api.post('/ai/plans', json=words))['id']}").json()
    assert plan["diff"][-1].strip() == "~ spec.replicas: 2 -> 1"
    assert api.get(place).json()["replicas"] == 2  # nothing is changed before it is approved
    approval = f"/ai/plans/{plan['id']}/approval"
    done = ended(api, api.post(approval, json={"hash": plan["hash"]}))
    assert done["result"]["outcome"] == "done, and verified"
    assert api.get(place).json()["replicas"] == 1


def test_a_plan_that_the_cluster_has_overtaken_is_refused(api: httpx.Client) -> None:
    words = {"request": "double the replicas of todo-app-frontend", "namespace": RELEASE}
    plan = api.get(f"/ai/plans/{ended(api, api.post('/ai/plans', json=words))['id']}").json()
    ended(api, api.patch("/deployments/frontend", json={"replicas": 2}))
    approval = f"/ai/plans/{plan['id']}/approval"
    refused = ended(api, api.post(approval, json={"hash": plan["hash"]}), "failed")
    assert "not the one that was approved" in refused["error"]["what"]
    assert api.get("/deployments/frontend").json()["replicas"] == 2
    ended(api, api.post("/runs", json={"phases": ["deploy"]}))
    assert api.get("/deployments/frontend").json()["replicas"] == 1


def test_the_evidence_tells_who_asked_and_holds(api: httpx.Client, deployed: Deployed) -> None:
    ended(api, api.post("/application/checks", json={}))
    newest = api.get("/evidence", params={"limit": 1}).json()["items"][0]
    assert (newest["step"], newest["phase"]) == ("api.app.check", "api")
    deployed.workspace.must("verify")
