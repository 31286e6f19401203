"""The API and the tasks do the same: by the same operators, with the same answers."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tasks
from phaseline.cli.acts import ACTS
from phaseline.engine import operations
from tests.management.conftest import World
from tests.management.test_reading import items
from tests.management.world import CLUSTER, NAMESPACE, TREE
from tests.unit.command_line import invoke

# A request for each act; what it is to begin.
BEGINNINGS: tuple[tuple[str, str, Any, str], ...] = (
    ("POST", "/runs", {"phases": ["chart"]}, "deploy-all"),
    ("POST", "/images/builds", {}, "deploy-all"),
    ("POST", f"/charts/{NAMESPACE}/checks", {}, "deploy-all"),
    ("POST", "/clusters", {}, "cluster.start"),
    ("POST", f"/clusters/{CLUSTER}/start", None, "cluster.start"),
    ("POST", f"/clusters/{CLUSTER}/stop", None, "cluster.stop"),
    ("POST", f"/clusters/{CLUSTER}/restart", None, "cluster.restart"),
    ("DELETE", f"/clusters/{CLUSTER}", None, "cluster.delete"),
    ("PATCH", "/deployments/backend", {"replicas": 2}, "app.scale"),
    ("POST", f"/releases/{NAMESPACE}/rollbacks", {"revision": 1}, "app.rollback"),
    ("POST", f"/releases/{NAMESPACE}/updates", {"component": "backend"}, "app.update"),
    ("POST", "/application/checks", {}, "app.check"),
    ("POST", "/ai/plans", {"request": "scale web to 3"}, "ai.ask"),
    ("POST", "/ai/analyses", {}, "ai.analyze"),
    ("POST", "/ai/recommendations", {"namespace": "shop"}, "ai.optimize"),
)
# What is read by a route, and the task that tells the same.
READ = {
    "status": "/steps",
    "graph": "/phases",
    "why": "/steps/{step}/why",
    "logs": "/steps/{step}/log",
    "trace": "/steps",
    "image.list": "/images",
    "image.findings": "/images/{name}/findings",
    "cluster.status": "/clusters/{name}/health",
    "cluster.validate": "/cluster-requirements",
    "app.addresses": "/addresses",
    "app.history": "/releases/{name}/revisions",
    "app.logs": "/deployments/{name}/log",
    "evidence.head": "/evidence",
}
# Of these the task's own module has the rest: phases, by `deploy-all`; deploying and scaling in
# words, by `ai.ask`.
PART_OF = {"ai.deploy": "ai.ask", "ai.scale": "ai.ask", "ai.debug": "ai.ask"}
ONLY_HERE = {
    "serve": "it is the API",
    "operation.run": "it carries out what the API accepts",
    "app.open": "it opens a browser on this machine",
    "teardown": "it would remove the API's own state",
    "doctor": "it tells of tools of this machine, before there is anything to serve",
    "plan": "each step's `why` tells it",
    "report": "it writes a file for who has no server",
    "verify": "whoever does not trust this machine runs it elsewhere",
    "evidence.verify": "the same",
    "evidence.key": "the same",
    "replay": "it takes a workspace of its own, and minutes",
    "evidence.replay": "the same",
    "state.export": "it writes a file where the user says",
    "state.import": "it reads one",
    "prune": "it removes what others may want to read",
    "image.advise": "it changes a file of the checkout, line by line with its user",
}


def test_every_act_can_be_begun_and_nothing_else(furnished: World) -> None:
    client, begun = furnished.client(), set()
    for method, path, body, kind in BEGINNINGS:
        answer = client.request(method, path, json=body)
        assert answer.status_code == 202, (path, answer.text)
        assert answer.json()["kind"] == kind
        assert answer.headers["Location"] == f"/api/v1/operations/{answer.json()['id']}"
        begun.add(kind)
    assert begun == set(ACTS)


def test_each_act_is_the_task_of_its_name() -> None:
    assert set(ACTS) <= set(tasks.namespace.task_names)


def test_every_task_has_its_route_or_a_reason_to_have_none() -> None:
    phases = set(tasks.GRAPH.phases) | {"cluster.up"}
    known = {*ACTS, *READ, *PART_OF, *ONLY_HERE}
    names = set(tasks.namespace.task_names)
    assert names - phases - known == set()
    assert known - names == set()
    assert not set(ACTS) & set(READ)
    assert not {*ACTS, *READ} & ONLY_HERE.keys()


def test_the_routes_that_read_are_there(furnished: World) -> None:
    paths = furnished.client().get("/openapi.json").json()["paths"]
    assert {f"/api/v1{path}" for path in READ.values()} <= paths.keys()


def operators(files: Iterator[Path]) -> set[str]:
    """Every function of an operator that these files call, by its whole name."""
    return {name for file in files for name in _called(ast.parse(file.read_text()))}


def _called(tree: ast.Module) -> Iterator[str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("phaseline.op"):
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in names:
                yield f"{names[node.value.id]}.{node.attr}"
        elif isinstance(node, ast.Name) and node.id in names:
            yield names[node.id]


# Types and pure functions; what only reads a file that an operator has left.
TYPES = {
    "phaseline.operators.deployments.operations.running",
    "phaseline.operators.deployments.inventory.Item",
    "phaseline.operators.images.checks.finding.Finding",
    "phaseline.operators.clusters.use.Use",
    "phaseline.operators.services.live.Live",
    "phaseline.operators.deployments.world.Object",
    "phaseline.operators.charts.manifest.Object",
}
RECORDS = {
    "phaseline.operators.charts.manifest.load_manifest",
    "phaseline.operators.charts.rendering.chart_folder",
    "phaseline.operators.charts.rendering.read_values",
    "phaseline.operators.charts.rendering.values_file",
    "phaseline.operators.images.model.load_images",
    "phaseline.operators.clusters.model.load",
}
# What steps of the pipeline call, and no verb: rollouts and Services as they are now.
OF_STEPS = {
    "phaseline.operators.deployments.world.look",
    "phaseline.operators.deployments.world.waiting_for",
    "phaseline.operators.services.live.look",
    "phaseline.operators.clusters.access.of",
}


def test_the_api_calls_the_operators_that_the_tasks_call() -> None:
    api = operators((TREE / "backend/src/api").rglob("*.py"))
    cli = operators((TREE / "phaseline/cli").rglob("*.py"))
    own = {one for one in api if not one.endswith((".operators", "__name__"))}
    modules = {one.rpartition(".")[0] for one in own}
    beyond = {one for one in own - cli - TYPES - RECORDS - OF_STEPS if one not in modules}
    assert beyond == set()
    steps = operators((TREE / "phaseline/operators").rglob("*.py"))
    assert steps | cli >= OF_STEPS  # what is said of them is so


def answered(world: World, *words: str) -> Any:
    """What a task prints as JSON, in the same workspace."""
    done = invoke(world.context.workspace.root, "--search-root", str(TREE), *words, "--json")
    return json.loads(done.stdout)


@pytest.mark.parametrize("same", ["images", "steps", "addresses", "history", "requirements"])
def test_what_is_read_is_what_the_task_tells(furnished: World, same: str) -> None:
    client = furnished.client()
    if same == "images":
        rows = answered(furnished, "image.list")
        told = {one["component"]: (one["id"], one["checks"]) for one in items(client, "/images")}
        assert told == {row["component"]: (row["id"], row["checks"]) for row in rows}
    elif same == "steps":
        rows = answered(furnished, "status")
        told = {one["id"]: (one["phase"], one["state"]) for one in items(client, "/steps")}
        assert told == {row["step"]: (row["phase"], row["state"]) for row in rows}
    elif same == "addresses":
        rows = answered(furnished, "app.addresses")
        assert {one["name"]: one["url"] for one in items(client, "/addresses")} == {
            row["name"]: row["address"] for row in rows
        }
    elif same == "history":
        rows = answered(furnished, "app.history")
        listed = items(client, f"/releases/{NAMESPACE}/revisions")
        assert [one["revision"] for one in listed] == [row["revision"] for row in rows]
    else:
        told = client.get("/cluster-requirements").json()
        assert told["checks"] == answered(furnished, "cluster.validate")["checks"]


def test_what_is_asked_for_is_what_is_carried_out(furnished: World) -> None:
    body = {"component": "backend", "values": ["backend.password=hunter2"]}
    answer = furnished.client().post(f"/releases/{NAMESPACE}/updates", json=body).json()
    kept = operations.find(furnished.context.state, answer["id"])
    assert kept
    assert kept.request.parameters == {**body, "image": ""}
    # what may be secret is not told to whoever may only read
    assert answer["parameters"]["values"] == ["backend.password=(hidden)"]
