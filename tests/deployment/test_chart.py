"""The chart in a real cluster: taken by its API server, upgraded from the one before, tested."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from phaseline.core.errors import CommandFailed
from phaseline.operators.charts.manifest import parse
from phaseline.process.command import Command, Completed
from phaseline.process.run import attempt, run
from phaseline.tools import golang, toolchain
from phaseline.tools.helm import Helm
from tests.chart.conftest import CHART, SCENARIOS
from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
# The chart as it was, packed by helm: what is installed somewhere has to be upgradable.
BEFORE = HERE / "todo-app-0.1.0.tgz"
# The kinds that others define, from the modules in which they publish them.
DEFINITIONS = {
    "sigs.k8s.io/gateway-api": "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    "github.com/prometheus-operator/prometheus-operator": (
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"
    ),
}
RESTRICTED = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
}


@dataclass(frozen=True)
class Place:
    """A namespace of its own under the restricted standard, and a helm that works in it."""

    workspace: Workspace
    helm: Helm
    values: Path

    def kubectl(self, *words: str, stdin: str | None = None, errors: bool = False) -> str:
        arguments = (f"--namespace={self.helm.namespace}", *words)
        return application.kubectl(self.workspace, *arguments, stdin=stdin, errors=errors)

    def install(self, chart: Path, **values: Any) -> None:
        """Install or upgrade as phaseline does, and wait for the rollout."""
        more = self.values.with_name("more.json")
        more.write_text(json.dumps(values))
        run(self.helm.upgrade("todo-app", chart, self.values, more))
        for one in ("statefulset/todo-app-database", *_DEPLOYMENTS):
            self.kubectl("rollout", "status", one, "--timeout=50s")

    def test(self) -> Completed:
        return attempt(self.helm.command("test", "todo-app", "--logs", timeout=120.0))

    def page(self, address: str) -> str:
        """Where its page answers, given an address at the same node."""
        path = "jsonpath={.spec.ports[0].nodePort}"
        port = self.kubectl("get", "service", "todo-app-frontend", "-o", path)
        return f"http://{urlsplit(address).hostname}:{port}/"

    def password(self) -> str:
        path = "jsonpath={.data.password}"
        return self.kubectl("get", "secret", "todo-app-database", "-o", path)


_DEPLOYMENTS = ("deployment/todo-app-backend", "deployment/todo-app-frontend")


@pytest.fixture
def place(deployed: Deployed, tmp_path: Path) -> Iterator[Place]:
    workspace, name = deployed.workspace, "chart-check"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    namespace["metadata"] |= {"labels": RESTRICTED}  # type: ignore[operator]
    application.kubectl(workspace, "apply", "-f", "-", stdin=json.dumps(namespace))
    values = tmp_path / "values.yaml"
    shutil.copy(workspace.state / "chart" / "values.yaml", values)
    kubeconfig = workspace.state / "cluster" / "kubeconfig"
    helm = Helm(toolchain.ensure("helm").path, tmp_path / "helm", name, kubeconfig)
    yield Place(workspace, helm, values)
    application.kubectl(workspace, "delete", "namespace", name, "--timeout=50s")


@pytest.fixture(scope="module")
def definitions(first: Deployed) -> Iterator[None]:
    """The cluster knows the kinds of the Gateway API and of the Prometheus operator."""
    go = toolchain.ensure("go")
    words = (str(go.path), "mod", "download", "-json", *DEFINITIONS)
    env = golang.environment({}, own=go.source != "path")
    command = Command(argv=words, cwd=HERE / "crds", env=env, timeout=300.0, data=True)
    text, files = run(command).stdout, []
    decoder = json.JSONDecoder()
    while text := text.strip():
        found, end = decoder.raw_decode(text)
        files.append(Path(found["Dir"], DEFINITIONS[found["Path"]]))
        text = text[end:]
    given = [f"--filename={file}" for file in files]
    application.kubectl(first.workspace, "apply", "--server-side", *given)
    application.kubectl(first.workspace, "wait", "--for=condition=Established", *given)
    yield
    application.kubectl(first.workspace, "delete", *given)


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_api_server_takes_every_object(place: Place, scenario: str) -> None:
    manifest = run(place.helm.template("todo-app", CHART, SCENARIOS[scenario])).stdout
    # pods are refused where their account is not there
    accounts = [one for one in parse(manifest) if one["kind"] == "ServiceAccount"]
    place.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(accounts))
    flags = ("--dry-run=server", "--server-side", "--validate=strict", "--force-conflicts")
    told = place.kubectl("apply", *flags, "-f", "-", stdin=manifest, errors=True)
    assert "Warning" not in told
    assert told.count("(server dry run)") == len(parse(manifest))


def test_the_api_server_would_have_said_so(place: Place) -> None:
    manifest = run(place.helm.template("todo-app", CHART)).stdout
    (database,) = [one for one in parse(manifest) if one["kind"] == "StatefulSet"]
    loose = json.dumps(database).replace('"allowPrivilegeEscalation": false, ', "")
    flags = ("--dry-run=server", "--server-side", "--validate=strict")
    assert "would violate PodSecurity" in place.kubectl(
        "apply", *flags, "-f", "-", stdin=loose, errors=True
    )


def test_upgraded_from_the_version_before_with_its_data(place: Place, deployed: Deployed) -> None:
    place.install(BEFORE)
    page = place.page(deployed.address)
    todo = application.write(page, "Written before the upgrade")
    password = place.password()

    place.install(CHART)
    assert place.page(deployed.address) == page
    assert application.read(page, todo) == "Written before the upgrade"
    assert place.password() == password
    (job,) = json.loads(place.kubectl("get", "jobs", "-o", "json"))["items"]
    place.kubectl("wait", "--for=condition=Complete", f"job/{job['metadata']['name']}")

    place.install(CHART, backend={"migration": "init"})
    assert application.read(page, todo) == "Written before the upgrade"
    assert place.kubectl("get", "jobs", "-o", "name") == ""

    run(place.helm.rollback("todo-app", 1))
    for one in _DEPLOYMENTS:
        place.kubectl("rollout", "status", one, "--timeout=50s")
    assert application.read(page, todo) == "Written before the upgrade"
    assert place.kubectl("get", "jobs,networkpolicies", "-o", "name") == ""


def test_installed_anew_it_tests_itself(place: Place) -> None:
    place.install(CHART, tests={"failing": True})
    answered = place.test()
    assert answered.code != 0
    assert "tests.failing is true: this test fails" in answered.stdout
    phases = json.loads(place.kubectl("get", "pods", "-o", "json"))["items"]
    failed = [one for one in phases if one["status"]["phase"] == "Failed"]
    assert [one["metadata"]["name"] for one in failed] == ["todo-app-fails"]

    place.install(CHART)
    answered = place.test()
    assert answered.code == 0, answered.tail
    for line in ("200 GET http://todo-app-backend:8000/readyz", "201 POST http", "204 DELETE http"):
        assert line in answered.stdout


def test_a_secret_without_a_password_is_refused(place: Place) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "todo-app-database"}}
    place.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    with pytest.raises(CommandFailed, match="the Secret todo-app-database has no password"):
        run(place.helm.upgrade("todo-app", CHART, place.values))


def test_pods_that_have_ended_do_not_count(deployed: Deployed, tmp_path: Path) -> None:
    """A failed test, left for its log, keeps neither the status nor the images from being right."""
    values = tmp_path / "values.yaml"
    values.write_text(json.dumps({"tests": {"failing": True}}))
    laid = deployed.workspace.state / "chart" / "values.yaml"
    kubeconfig = deployed.workspace.state / "cluster" / "kubeconfig"
    helm = Helm(toolchain.ensure("helm").path, tmp_path / "helm", application.NAMESPACE, kubeconfig)
    rendered = parse(run(helm.template("todo-app", CHART, laid, values)).stdout)
    (pod,) = [one for one in rendered if one["metadata"]["name"] == "todo-app-fails"]
    application.kubectl(deployed.workspace, "apply", "-f", "-", stdin=json.dumps(pod))
    name = ("-n", application.NAMESPACE, "pod/todo-app-fails")
    try:
        application.kubectl(
            deployed.workspace, "wait", *name, "--for=jsonpath={.status.phase}=Failed"
        )
        ran = deployed.workspace.must("deploy-all", "--force", "T027,T029")
        assert {"T027", "T029"} <= ran.steps("✓")
    finally:
        application.kubectl(deployed.workspace, "delete", *name)
