"""Ways to break what a phase has made, each with the test of `nox -s validate` that catches it.

`python -m tests.deployment.mutations` writes them to docs/mutations.md; test_mutations.py does them
all to a real deployment.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.deployment import application
from tests.deployment.workspace import CHECKOUT, Workspace

DOCUMENT = CHECKOUT / "docs" / "mutations.md"
Break = Callable[[Workspace], AbstractContextManager[None]]
Objects = list[dict[str, Any]]
_IN = ("-n", application.NAMESPACE)
_READER = "reader"


@dataclass(frozen=True)
class Mutation:
    """One of them.

    Attributes:
        phase: whose result it breaks; caught_by: the test that names it, as pytest calls it.
        broken: breaks it, and undoes that at the end.
    """

    phase: int
    what: str
    caught_by: str
    broken: Break


def file(name: str, alter: Callable[[bytes], bytes | None]) -> Break:
    """A file of the checkout altered; removed where `alter` answers None."""

    @contextmanager
    def broken(workspace: Workspace) -> Iterator[None]:
        (path,) = workspace.root.glob(name)
        before, mode = path.read_bytes(), path.stat().st_mode
        after = alter(before)
        assert after != before, f"{name} is as it was"
        path.unlink() if after is None else path.write_bytes(after)
        try:
            yield
        finally:
            path.write_bytes(before)
            path.chmod(mode)

    return broken


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    """The first `old` becomes `new`."""
    return lambda content: content.replace(old.encode(), new.encode(), 1)


def rendered(kind: str, name: str, alter: Callable[[Any], None]) -> Break:
    """One object of the rendered manifest altered."""

    def altered(content: bytes) -> bytes:
        objects: Objects = [one for one in yaml.safe_load_all(content) if one]
        title = (kind, f"todo-app-{name}")
        (found,) = (one for one in objects if (one["kind"], one["metadata"]["name"]) == title)
        alter(found)
        return yaml.safe_dump_all(objects).encode()

    return file(".phaseline/chart/manifest.yaml", altered)


def altered_statement(step: str) -> Callable[[bytes], bytes]:
    """The chain with another ending in the statement of `step`, and the signature as it was."""

    def altered(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        for number, line in enumerate(lines):
            payload = base64.b64decode(json.loads(line)["payload"])
            definition = json.loads(payload)["predicate"]["buildDefinition"]
            if definition["externalParameters"]["step"] == step:
                other = payload.replace(b'"done"', b'"fine"', 1)
                lines[number] = line.replace(base64.b64encode(payload), base64.b64encode(other))
                return b"".join(lines)
        raise AssertionError(f"there is no evidence of {step}")

    return altered


def unsigned(content: bytes) -> bytes:
    """The chain whose last envelope has no signature."""
    lines = content.splitlines(keepends=True)
    last = {**json.loads(lines[-1]), "signatures": []}
    return b"".join([*lines[:-1], json.dumps(last).encode() + b"\n"])


def patched(target: str, patch: Mapping[str, Any], *where: str) -> Break:
    """A live object merged with `patch`, and replaced by what it was at the end."""

    @contextmanager
    def broken(workspace: Workspace) -> Iterator[None]:
        before = _spoken(workspace, target, where)
        merge = ("--type=merge", "-p", json.dumps(patch))
        application.kubectl(workspace, *where, "patch", target, *merge)
        try:
            yield
        finally:
            _put_back(workspace, before, "replace")

    return broken


def deleted(target: str, *where: str) -> Break:
    """A live object deleted, and made again as it was."""

    @contextmanager
    def broken(workspace: Workspace) -> Iterator[None]:
        before = _spoken(workspace, target, where)
        application.kubectl(workspace, *where, "delete", target)
        try:
            yield
        finally:
            _put_back(workspace, before, "create")

    return broken


def made(one: Mapping[str, Any]) -> Break:
    """A live object more."""

    @contextmanager
    def broken(workspace: Workspace) -> Iterator[None]:
        application.kubectl(workspace, "create", "-f", "-", stdin=json.dumps(one))
        try:
            yield
        finally:
            application.kubectl(workspace, "delete", "-f", "-", stdin=json.dumps(one))

    return broken


@contextmanager
def opened(workspace: Workspace) -> Iterator[None]:
    """The access to the cluster readable for all."""
    path = workspace.state / "cluster" / "kubeconfig"
    path.chmod(0o644)
    try:
        yield
    finally:
        path.chmod(0o600)


def _spoken(workspace: Workspace, target: str, where: tuple[str, ...]) -> dict[str, Any]:
    text = application.kubectl(workspace, *where, "get", target, "-o", "json")
    found: dict[str, Any] = json.loads(text)
    for name in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
        found["metadata"].pop(name, None)
    found.pop("status", None)
    return found


def _put_back(workspace: Workspace, before: Mapping[str, Any], verb: str) -> None:
    application.kubectl(workspace, verb, "-f", "-", stdin=json.dumps(before))


def _grave(content: bytes) -> bytes:
    sheet = json.loads(content)
    row = {"rule": "IMG001", "severity": "critical", "subject": "backend", "place": ""}
    sheet["findings"] = [{**row, "what": "runs as root", "fix": "do not", "allowed": ""}]
    return json.dumps(sheet).encode()


def _binding(name: str, role: str, subject: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", **subject}],
    }


def _container(one: Any) -> Any:
    return one["spec"]["template"]["spec"]["containers"][0]


def _other_image(one: Any) -> None:
    _container(one)["image"] = "localhost/todo-app/backend:000000000000"


_SERVICE = {"spec": {"selector": {"app.kubernetes.io/component": "nobody"}}}
_EVERYBODY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "mutation", "namespace": application.NAMESPACE},
    "spec": {"podSelector": {}, "ingress": [{}], "egress": [{}]},
}
_WROTE = "test_what_the_phase_wrote_is_as_it_was_written"
_APPLIED = "test_each_object_of_the_release_is_as_it_was_applied"
_DONE = "test_each_step_of_the_phase_is_done"

MUTATIONS = (
    Mutation(
        1, "a file of Minikube's configuration altered", f"{_WROTE}[setup]",
        file(".phaseline/minikube/*.json", replaced("{", '{"more": 1,')),
    ),
    Mutation(
        1, "a file of Minikube's configuration cut off",
        "test_minikubes_configuration_can_be_read_and_its_scripts_run",
        file(".phaseline/minikube/*.json", lambda content: content[:-20]),
    ),
    Mutation(
        1, "Docker AI's configuration removed", f"{_WROTE}[setup]",
        file(".phaseline/docker-ai/agent.yaml", lambda _: None),
    ),
    Mutation(
        2, "the Dockerfile of the backend altered", f"{_WROTE}[containerize]",
        file("backend/Dockerfile", lambda content: content + b"USER 0\n"),
    ),
    Mutation(
        2, "the image recorded is another one than the daemon has",
        "test_each_image_is_the_one_that_was_built",
        file(".phaseline/images/backend.json", replaced('"sha256:', '"sha256:0')),
    ),
    Mutation(
        2, "the backend's source edited after it was built",
        "test_each_says_what_it_was_made_from",
        file("backend/src/todo/__init__.py", lambda content: content + b"# later\n"),
    ),
    Mutation(
        2, "a grave finding on an image", "test_each_was_checked_and_nothing_grave_is_left",
        file(".phaseline/images/findings/backend.image.json", _grave),
    ),
    Mutation(
        3, "a Service selects pods that are not there", "test_every_selector_finds_pods",
        rendered("Service", "backend", lambda one: one["spec"]["selector"].update(x="y")),
    ),
    Mutation(
        3, "a Service leads to a port that is not open",
        "test_every_service_leads_to_a_port_that_is_open",
        rendered("Service", "frontend", lambda one: one["spec"]["ports"][0].update(targetPort=1)),
    ),
    Mutation(
        3, "a container without a readiness probe", "test_every_container_is_probed_and_bounded",
        rendered("Deployment", "backend", lambda one: _container(one).pop("readinessProbe")),
    ),
    Mutation(
        3, "the image of another build", "test_the_workloads_run_the_images_that_were_built",
        rendered("Deployment", "backend", _other_image),
    ),
    Mutation(
        3, "configuration that the release does not have",
        "test_the_release_is_what_the_chart_renders",
        rendered("ConfigMap", "backend", lambda one: one["data"].update(TODO_LOG_LEVEL="stale")),
    ),
    Mutation(
        4, "the quota deleted", "test_quota_and_limits_are_set_as_wanted",
        deleted("resourcequota/phaseline", *_IN),
    ),
    Mutation(
        4, "the quota altered", "test_quota_and_limits_are_set_as_wanted",
        patched("resourcequota/phaseline", {"spec": {"hard": {"pods": "999"}}}, *_IN),
    ),
    Mutation(
        4, "the access to the cluster readable for all",
        "test_only_its_owner_may_read_the_access_to_the_cluster", opened,
    ),
    Mutation(
        5, "a ConfigMap altered by hand", _APPLIED,
        patched("configmap/todo-app-backend", {"data": {"TODO_LOG_LEVEL": "debug"}}, *_IN),
    ),
    Mutation(
        5, "a network policy deleted", _APPLIED, deleted("networkpolicy/todo-app-database", *_IN),
    ),
    Mutation(
        5, "an account of a pod given the rights of an administrator",
        "test_no_account_has_a_right_that_the_chart_did_not_ask_for",
        made(_binding("mutation", "cluster-admin", {"name": "default", "namespace": "todo-app"})),
    ),
    Mutation(
        5, "the evidence of a step altered", "test_the_evidence_of_the_phase_holds[deploy]",
        file(".phaseline/evidence/*.jsonl", altered_statement("T026.release")),
    ),
    Mutation(
        5, "the last evidence without its signature",
        "test_the_evidence_of_the_phase_holds[deploy]",
        file(".phaseline/evidence/*.jsonl", unsigned),
    ),
    Mutation(
        6, "a Service selects nobody", "test_every_service_has_pods_behind_it",
        patched("service/todo-app-backend", _SERVICE, *_IN),
    ),
    Mutation(
        6, "a Service leads to another port", "test_every_service_leads_to_a_port_of_its_pods",
        patched(
            "service/todo-app-backend",
            {"spec": {"ports": [{"name": "http", "port": 8000, "targetPort": 1}]}},
            *_IN,
        ),
    ),
    Mutation(
        6, "the page's Service deleted", "test_every_address_answers",
        deleted("service/todo-app-frontend", *_IN),
    ),
    Mutation(
        6, "a network policy more, which lets everybody in",
        "test_the_connections_that_policies_forbid_fail_and_no_others", made(_EVERYBODY),
    ),
    Mutation(
        7, "who looks may change things",
        "test_the_rights_are_those_that_were_made_and_nobody_has_more",
        patched(
            f"clusterrole/phaseline-todo-app-ai-{_READER}",
            {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
        ),
    ),
    Mutation(
        7, "who looks bound to an administrator's role",
        "test_who_looks_may_change_nothing_and_read_no_secret",
        made(_binding("mutation", "cluster-admin", {"name": _READER, "namespace": "todo-app-ai"})),
    ),
    Mutation(
        7, "a fault that the analysis finds", "test_the_analysis_finds_nothing_that_does_not_work",
        patched("service/todo-app-backend", _SERVICE, *_IN),
    ),
)  # fmt: skip


def document() -> str:
    """The mutations as a table."""
    rows = [f"| {one.phase} | {one.what} | `{one.caught_by}` |" for one in MUTATIONS]
    return "\n".join(
        [
            "# Mutations",
            "",
            "Each is done to a real deployment by `tests/deployment/test_mutations.py`, which sees",
            "that `nox -s validate -- --phase N` turns red and names it. Generated by",
            "`python -m tests.deployment.mutations`.",
            "",
            "| phase | what is broken | the test that catches it |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def main(path: Path) -> None:
    """Write the table."""
    path.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{len(MUTATIONS)} mutations in {path.name}\n")


if __name__ == "__main__":
    main(DOCUMENT)
