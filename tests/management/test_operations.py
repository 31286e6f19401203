"""Long work over a real `invoke serve`: it outlives its client and its server, can be watched and
cancelled, is done once, and leaves evidence.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from phaseline.core.files import locked, write_json
from phaseline.core.tokens import Role, ensure
from phaseline.core.workspace import Context
from phaseline.engine import entries, operations
from phaseline.engine.operations import State
from tests.contract.test_api_server import pair
from tests.management import world
from tests.management.conftest import World
from tests.management.world import NAMESPACE, TREE
from tests.unit.waiting import eventually

QUICK = {"phases": ["setup"], "through": "T003"}


@contextmanager
def serving(
    context: Context, *flags: str, trust: ssl.SSLContext | bool = True
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """`invoke serve` as a process, and somebody who may change everything."""
    words = ("--search-root", str(TREE), "serve", "--port", "0", *flags)
    process = subprocess.Popen(
        (sys.executable, "-m", "invoke", *words),
        cwd=context.workspace.root,
        env={**os.environ, "PYTHONPATH": str(TREE)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        base = process.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {ensure(context.state)[Role.OPERATOR]}"}
        with httpx.Client(
            base_url=base, headers=headers, timeout=30, trust_env=False, verify=trust
        ) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return world.workspace(tmp_path)


def ended(client: httpx.Client, id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(client.get(f"/operations/{id}").json())
        return found["ended"] is not None

    assert eventually(over, 60)
    return found


def waits(client: httpx.Client, id: str) -> bool:
    return "waits: " in client.get(f"/operations/{id}/events", params={"follow": False}).text


def test_a_run_is_carried_out_watched_and_told(context: Context) -> None:
    with serving(context) as (process, client):
        accepted = client.post("/runs", json=QUICK)
        assert accepted.status_code == 202
        id = accepted.json()["id"]
        names, last = [], ""
        with client.stream("GET", f"/operations/{id}/events") as stream:  # until it has ended
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                names += [line.removeprefix("event: ")] * line.startswith("event: ")
                last = line.removeprefix("id: ") if line.startswith("id: ") else last
        assert (names[0], names[-1]) == ("started", "ended")
        again = client.get(
            f"/operations/{id}/events", headers={"Last-Event-ID": str(int(last) - 1)}
        )
        assert again.text.count("event: ") == 1
        done = ended(client, id)
        assert done["state"] == "succeeded"
        run = done["result"]["run"]
        assert client.get(f"/runs/{run}").json()["code"] == 0
        turns = client.get(f"/runs/{run}/steps").json()["items"]
        assert [one["step"] for one in turns if one["ending"] == "done"] == ["setup.fit", "T003"]
        told = client.get(f"/runs/{run}/events").text
        assert told.count("event: run-ended") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_over_tls(context: Context, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, own = tmp_path_factory.mktemp("tls"), pair()
    (folder / "cert.pem").write_bytes(own.certificate)
    (folder / "key.pem").write_bytes(own.key)
    files = ("--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem"))
    trust = ssl.create_default_context(cafile=folder / "cert.pem")
    with serving(context, *files, trust=trust) as (_, client):
        assert str(client.base_url).startswith("https://127.0.0.1:")
        assert client.get("/phases").status_code == 200


def test_what_was_done_is_in_the_evidence_with_who_asked(context: Context) -> None:
    with serving(context) as (_, client):
        body = {"request": "set PASSWORD=hunter2 on web"}
        id = client.post("/ai/plans", json=body).json()["id"]
        done = ended(client, id)
    assert (done["state"], done["error"]["what"]) == ("failed", "this workspace has no cluster")
    assert eventually(lambda: bool(list(entries.entries(context.state))), 20)
    found = entries.latest(context.state)["api.ai.ask"]
    assert (found.run, found.phase, found.ending) == (id, "api", "failed")
    assert found.parts["request"]["by"] == "operator 127.0.0.1"
    assert "hunter2" not in json.dumps(found.parts)
    kept = operations.folder(context.state, id) / "request.json"
    assert kept.stat().st_mode & 0o077 == 0


def test_it_outlives_its_server(context: Context) -> None:
    with locked(context.state / "lock", "a test"), serving(context) as (process, client):
        id = client.post("/runs", json=QUICK).json()["id"]
        assert eventually(lambda: waits(client, id), 30)
        process.kill()
        process.wait()
    with serving(context) as (_, client):
        assert ended(client, id)["state"] == "succeeded"


def test_it_is_cancelled(context: Context) -> None:
    with locked(context.state / "lock", "a test"), serving(context) as (_, client):
        id = client.post("/runs", json=QUICK).json()["id"]
        assert eventually(lambda: waits(client, id), 30)
        assert client.post(f"/operations/{id}/cancel").json()["cancelling"]
        done = ended(client, id)
        assert (done["state"], done["error"]["code"]) == ("cancelled", "interrupted")
        assert client.post(f"/operations/{id}/cancel").json()["state"] == "cancelled"


def test_one_whose_process_was_killed_is_lost(context: Context) -> None:
    with locked(context.state / "lock", "a test"), serving(context) as (_, client):
        id = client.post("/runs", json=QUICK).json()["id"]
        assert eventually(lambda: waits(client, id), 30)
        holder = json.loads((operations.folder(context.state, id) / "lock").read_text())
        assert client.get(f"/operations/{id}").json()["state"] == "running"
        os.kill(holder["pid"], signal.SIGKILL)
        assert eventually(lambda: client.get(f"/operations/{id}").json()["state"] == "lost", 20)


def test_a_key_makes_asking_twice_harmless(empty: World) -> None:
    client, key = empty.client(), {"Idempotency-Key": "the-first"}
    first = client.post("/runs", json=QUICK, headers=key)
    again = client.post("/runs", json=QUICK, headers=key)
    assert first.json()["id"] == again.json()["id"]
    assert len(empty.launched) == 1
    other = client.post("/runs", json={"phases": ["chart"]}, headers=key)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]
    client.post("/runs", json=QUICK)
    client.post("/runs", json=QUICK)
    assert len(empty.launched) == 3


def test_a_change_insists_on_what_was_read(furnished: World) -> None:
    client = furnished.client()
    before = len(furnished.launched)
    tag = client.get("/deployments/backend").headers["ETag"]
    stale = client.patch("/deployments/backend", json={"replicas": 2}, headers={"If-Match": '"x"'})
    assert stale.status_code == 412
    assert len(furnished.launched) == before
    held = client.patch("/deployments/backend", json={"replicas": 2}, headers={"If-Match": tag})
    assert held.status_code == 202
    assert len(furnished.launched) == before + 1


def test_an_operation_that_nobody_began_is_queued_and_then_lost(empty: World) -> None:
    id = empty.client().post("/runs", json=QUICK).json()["id"]
    assert empty.client().get(f"/operations/{id}").json()["state"] == "queued"
    path = operations.folder(empty.context.state, id) / "request.json"
    long_ago = json.loads(path.read_text())["created"] - operations.STARTING
    write_json(path, {**json.loads(path.read_text()), "created": long_ago})
    assert empty.client().get(f"/operations/{id}").json()["state"] == "lost"


@pytest.mark.parametrize("id", ["..", "keys", "lock", "20270101T120000-0123abcd", "%2e%2e%2fapi"])
def test_there_is_no_such_operation(empty: World, id: str) -> None:
    assert empty.client().get(f"/operations/{id}").status_code in (404, 422)


def planned(world: World, hash: str) -> str:
    """A plan with this hash, as the process that makes one leaves it."""
    question = {"request": "scale web to 3", "namespace": "shop", "assistant": "auto"}
    state = world.context.state
    made, _ = operations.create(state, "ai.ask", {**question, "dry_run": True}, by="operator test")
    with operations.taken(state, made.id) as work:
        answer = {"request": "scale web to 3", "reading": "web gets 3", "lines": ["+ replicas: 3"]}
        work.end(State.SUCCEEDED, {**answer, "hash": hash, "operations": [], "outcome": "dry run"})
    return made.id


def test_a_plan_is_approved_by_its_hash_and_once(empty: World) -> None:
    client, hash = empty.client(), "ab" * 32
    id = planned(empty, hash)
    plan = client.get(f"/ai/plans/{id}").json()
    assert (plan["hash"], plan["diff"], plan["reading"]) == (hash, ["+ replicas: 3"], "web gets 3")
    assert client.post(f"/ai/plans/{id}/approval", json={"hash": "cd" * 32}).status_code == 412
    assert empty.launched == []
    first = client.post(f"/ai/plans/{id}/approval", json={"hash": hash}).json()
    again = client.post(f"/ai/plans/{id}/approval", json={"hash": hash}).json()
    assert first["id"] == again["id"]
    assert empty.launched == [first["id"]]
    kept = operations.find(empty.context.state, first["id"])
    assert kept
    assert (kept.request.parameters["dry_run"], kept.request.parameters["hash"]) == (False, hash)
    # what carries a plan out is none to be approved itself
    assert client.get(f"/ai/plans/{first['id']}").status_code == 404
    assert client.post(f"/releases/{NAMESPACE}/rollbacks", json={"revision": -1}).status_code == 422
