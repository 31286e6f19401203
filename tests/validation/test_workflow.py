"""T041: the workflow: what phases 1 to 7 made is there, unaltered and proved; machine and cluster.

Each phase is asked after its steps, its files and its evidence; what is peculiar to a phase stands
here for 1 and 4, in the files beside this one for the others.
"""

from __future__ import annotations

import json

import pytest
import testinfra

import tasks
from phaseline.core.files import digest_file
from phaseline.core.workspace import NAME, Context
from phaseline.engine import record, signing, verification
from phaseline.engine.graph import Kind, Phase, Step
from phaseline.engine.paths import ABSENT
from phaseline.engine.verification import Fault
from phaseline.operators.clusters import quotas
from phaseline.tools import docker
from phaseline.tools.api_server import ApiServer

BUILT = [
    pytest.param(one, id=one.name, marks=pytest.mark.phase(one.number))
    for one in tasks.GRAPH.phases.values()
    if one.number < 8
]


def _steps(context: Context, phase: str) -> list[Step]:
    return [
        step
        for step in tasks.GRAPH.phases[phase].steps
        if step.kind is not Kind.NOT_BUILT and context.of_role(step.role).parts
    ]


@pytest.fixture
def recorded(context: Context) -> None:
    """A workspace in which runs leave records and evidence of all that they do."""
    if (context.state / NAME).exists():
        pytest.skip("a replay runs what it compares only, and is no evidence")


@pytest.mark.parametrize("phase", BUILT)
def test_each_step_of_the_phase_is_done(context: Context, recorded: None, phase: Phase) -> None:
    done = record.load_all(context.state).keys()
    assert [step.id for step in _steps(context, phase.name) if step.id not in done] == []


@pytest.mark.parametrize("phase", BUILT)
def test_what_the_phase_wrote_is_as_it_was_written(context: Context, phase: Phase) -> None:
    kept = record.load_all(context.state)
    altered = [
        f"{step.id}: {path}"
        for step in _steps(context, phase.name)
        if step.id in kept
        for path, digest in kept[step.id].outputs.items()
        if digest != ABSENT and _now(context, path) != digest
    ]
    assert altered == []


def _now(context: Context, path: str) -> str:
    place = context.workspace.root / path
    return digest_file(place) if place.is_symlink() or place.is_file() else ABSENT


@pytest.fixture(scope="session")
def faults(context: Context) -> tuple[Fault, ...]:
    """What is wrong with the evidence."""
    own = signing.own_key()
    assert own, "no key has signed anything here"
    return verification.verify(context.state, context.workspace.root, [own]).faults


@pytest.mark.parametrize("phase", BUILT)
def test_the_evidence_of_the_phase_holds(
    recorded: None, request: pytest.FixtureRequest, phase: Phase
) -> None:
    """A fault that is about no step's envelope is one of every phase."""
    faults: tuple[Fault, ...] = request.getfixturevalue("faults")
    own = {step.id for step in phase.steps}
    found = [one for one in faults if one.envelope.partition(" ")[2] in {"", *own}]
    assert [str(one) for one in found] == []


@pytest.mark.phase(1)
def test_the_docker_daemon_answers(machine: testinfra.host.Host) -> None:
    address = docker.host()
    assert docker.answers(address), address
    if address.startswith("unix://"):
        assert machine.file(address.removeprefix("unix://")).is_socket


@pytest.mark.phase(1)
def test_minikubes_configuration_can_be_read_and_its_scripts_run(
    context: Context, machine: testinfra.host.Host
) -> None:
    files = [path for path in (context.state / "minikube").rglob("*") if path.is_file()]
    assert files
    for path in files:
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".sh":
            assert machine.file(str(path)).mode & 0o111, path
            assert machine.run("sh -n %s", str(path)).rc == 0, path


@pytest.mark.phase(4)
def test_every_node_is_ready(api: ApiServer) -> None:
    nodes = api.items("/api/v1/nodes")
    ready = [
        any(c["type"] == "Ready" and c["status"] == "True" for c in one["status"]["conditions"])
        for one in nodes
    ]
    assert nodes
    assert all(ready)
    assert api.status("/readyz") == 200


@pytest.mark.phase(4)
def test_quota_and_limits_are_set_as_wanted(context: Context, api: ApiServer) -> None:
    found = list(quotas.set_as_wanted(context, api))
    assert [str(one) for one in found if not one.fit] == []
    wanted = context.pipeline.quota
    assert found or not (wanted.namespace or wanted.container.limits)


@pytest.mark.phase(4)
def test_there_is_a_storage_class_to_take(api: ApiServer) -> None:
    classes = api.items("/apis/storage.k8s.io/v1/storageclasses")
    mark = "storageclass.kubernetes.io/is-default-class"
    assert [
        one["metadata"]["name"]
        for one in classes
        if (one["metadata"].get("annotations") or {}).get(mark) == "true"
    ]


@pytest.mark.phase(4)
def test_only_its_owner_may_read_the_access_to_the_cluster(
    context: Context, machine: testinfra.host.Host
) -> None:
    assert machine.file(str(context.state / "cluster" / "kubeconfig")).mode & 0o077 == 0
