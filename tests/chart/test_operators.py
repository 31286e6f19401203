"""The operators with the real helm: on this application, and on a chart that is made to fail."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import CheckFailed, CommandFailed, InvalidConfiguration
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.charts.checks import check_configuration, check_services, check_workloads
from phaseline.operators.charts.gate import check_chart
from phaseline.operators.charts.rendering import render_manifest, render_values
from phaseline.operators.charts.schema import check_schema
from phaseline.operators.charts.structure import check_structure
from phaseline.operators.images.model import BuiltImage, store

ROOT = Path(__file__).resolve().parents[2]
PIPELINE: dict[str, Any] = {
    "version": 1,
    "application": "shop",
    "components": [
        {"name": "api", "role": "backend", "image": "api:1", "values": "api.image", "port": 80},
    ],
    "chart": {"folder": "chart", "release": "shop", "namespace": "shop"},
    "addresses": [{"name": "api", "service": "shop-api", "port": "http"}],
}
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}-api"}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: api
          image: {{ .Values.api.image.repository }}:{{ .Values.api.image.tag }}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          ports: [{name: http, containerPort: 80}]
          readinessProbe: {httpGet: {path: /, port: http}}
          livenessProbe: {tcpSocket: {port: http}}
          resources: {requests: {cpu: 10m, memory: 10Mi}, limits: {memory: 20Mi}}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}-api"}
spec: {selector: {app: api}, ports: [{name: http, port: 80}]}
"""
SCHEMA = """
{"type": "object", "additionalProperties": false, "properties": {"api":
  {"type": "object", "additionalProperties": false, "properties": {"image":
    {"type": "object", "additionalProperties": false, "properties": {"repository": {}, "tag": {}}}
  }}
}}
"""
FILES = {
    "Chart.yaml": "{apiVersion: v2, name: shop, version: 0.1.0}",
    "values.yaml": "api: {image: {repository: none, tag: none}}",
    "values.schema.json": SCHEMA,
    "templates/deployment.yaml": DEPLOYMENT,
    "templates/service.yaml": SERVICE,
}


@pytest.fixture(autouse=True)
def helm_on_path(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A checkout of another application, with its own chart."""
    for name, content in FILES.items():
        path = tmp_path / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(PIPELINE))
    return tmp_path


def opened(root: Path) -> Context:
    """The context of a checkout whose images were built."""
    workspace = Workspace(root)
    context = Context(workspace, workspace.pipeline.components)
    for component in context.components:
        record = BuiltImage(
            component=component.name,
            repository=f"localhost/shop/{component.name}",
            tag="0123456789ab",
            id="sha256:" + "0123456789ab".ljust(64, "0"),
            size=1,
            base="",
            route="pulled",
            layers=(),
        )
        store(context, component.name, record)
    return context


def through(context: Context) -> list[str]:
    """All steps of the phase, in order; their summaries."""
    steps = (
        check_structure,
        check_schema,
        render_values,
        render_manifest,
        check_workloads,
        check_services,
        check_configuration,
        check_chart,
    )
    return [step(context).summary for step in steps]


def test_this_application(tmp_path: Path) -> None:
    content = yaml.safe_load((ROOT / "pipeline.yaml").read_text())
    shutil.copytree(ROOT / content["chart"]["folder"], tmp_path / content["chart"]["folder"])
    for component in content["components"]:
        component.pop("build")
        component["image"] = f"{component['name']}:1"
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(content))
    summaries = through(opened(tmp_path))
    assert summaries[1] == "4 unknown values refused"
    assert summaries[-1] == "lint clean, renders alike"


def test_another_application(shop: Path) -> None:
    context = opened(shop)
    assert through(context)[-1] == "lint clean, renders alike"
    values = yaml.safe_load((context.state / "chart" / "values.yaml").read_text())
    repository = "localhost/shop/api"
    assert values == {"api": {"image": {"repository": repository, "tag": "0123456789ab"}}}


def test_helm_writes_nothing_into_the_home(
    shop: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    through(opened(shop))
    assert [str(path.relative_to(home)) for path in home.glob("*/*")] == [".cache/phaseline"]


def test_the_files_repeat_byte_by_byte(shop: Path) -> None:
    context = opened(shop)
    files = [context.state / "chart" / name for name in ("values.yaml", "manifest.yaml")]
    contents = []
    for _ in range(2):
        render_values(context)
        render_manifest(context)
        contents.append([path.read_bytes() for path in files])
    assert contents[0] == contents[1]


def test_a_path_that_the_chart_does_not_have(shop: Path) -> None:
    content = yaml.safe_load((shop / "pipeline.yaml").read_text())
    content["components"][0]["values"] = "apy.image"
    (shop / "pipeline.yaml").write_text(yaml.safe_dump(content))
    context = opened(shop)
    with pytest.raises(InvalidConfiguration, match=r"components\[0\]\.values: .*'apy\.image'"):
        render_values(context)
    assert not (context.state / "chart" / "values.yaml").exists()


def test_a_value_that_the_chart_does_not_have(shop: Path) -> None:
    content = yaml.safe_load((shop / "pipeline.yaml").read_text())
    content["chart"]["values"] = {"replicas": 2}
    (shop / "pipeline.yaml").write_text(yaml.safe_dump(content))
    context = opened(shop)
    render_values(context)
    with pytest.raises(CommandFailed, match="replicas"):
        render_manifest(context)


def test_checks_before_anything_is_rendered(shop: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="not rendered yet"):
        check_services(opened(shop))


def test_a_schema_that_takes_anything(shop: Path) -> None:
    path = shop / "chart" / "values.schema.json"
    path.write_text(path.read_text().replace('"additionalProperties": false', '"title": ""'))
    with pytest.raises(CheckFailed, match="takes the unknown value phaselineUnknown"):
        check_schema(opened(shop))


def test_what_the_gate_refuses(shop: Path) -> None:
    path = shop / "chart" / "templates" / "service.yaml"
    path.write_text(path.read_text().replace("name: http", "name: '{{ randAlpha 9 }}'"))
    context = opened(shop)
    render_values(context)
    render_manifest(context)
    with pytest.raises(CheckFailed, match=r"renderings .* differ"):
        check_chart(context)


def test_the_gate_shows_what_the_linter_found(shop: Path) -> None:
    (shop / "chart" / "templates" / "service.yaml").write_text("a: {{ .Values.nothing.at.all }}")
    context = opened(shop)
    render_values(context)
    with pytest.raises(CheckFailed, match=r"service\.yaml"):
        check_chart(context)


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        ("capabilities: {drop: [ALL]}", "privileged: true", "Deployment/shop-api"),
        (".Values.api.image.tag", '"latest"', "component api"),
    ],
)
def test_findings_name_object_and_fix(shop: Path, old: str, new: str, subject: str) -> None:
    path = shop / "chart" / "templates" / "deployment.yaml"
    path.write_text(path.read_text().replace(old, new))
    context = opened(shop)
    render_values(context)
    render_manifest(context)
    with pytest.raises(CheckFailed) as caught:
        check_workloads(context)
    head, *rows = caught.value.why.strip().splitlines()
    assert head.split() == ["object", "fault", "fix"]
    assert all(row.strip().startswith(subject) for row in rows)
