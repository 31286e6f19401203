"""T043: the chart, what it renders, and the release that was made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import (
    SERVING,
    Workload,
    load_manifest,
    title,
    workloads,
)
from phaseline.operators.charts.rendering import chart_folder, values_file
from phaseline.operators.clusters import model
from phaseline.operators.images.model import BuiltImage
from phaseline.process.run import attempt
from phaseline.tools.helm import Helm
from phaseline.tools.helm_release import DEPLOYED, Release
from tests.validation.comparison import missing

pytestmark = pytest.mark.phase(3)

Object = Mapping[str, Any]


@pytest.fixture(scope="module")
def rendered(context: Context) -> tuple[Object, ...]:
    """What phase 3 rendered."""
    return load_manifest(context)


@pytest.fixture(scope="module")
def serving(rendered: tuple[Object, ...]) -> list[Workload]:
    """The workloads in it that run until they are stopped."""
    found = [one for one in workloads(rendered) if one.serves]
    assert found
    return found


def test_helm_finds_no_fault_in_the_chart(context: Context) -> None:
    version = context.pipeline.cluster.kubernetes
    lint = Helm.of(context).lint(chart_folder(context), values_file(context), kubernetes=version)
    ended = attempt(lint)
    assert ended.code == 0, ended.stdout + ended.stderr


def test_the_workloads_run_the_images_that_were_built(
    serving: list[Workload], images: dict[str, BuiltImage]
) -> None:
    named = {container["image"] for one in serving for container in one.containers}
    assert {one.reference for one in images.values()} - named == set()


def test_every_container_is_probed_and_bounded(serving: list[Workload]) -> None:
    lacking = [
        f"{one}: {container['name']} has no {field}"
        for one in serving
        for container in one.containers
        for field in ("readinessProbe", "livenessProbe")
        if not container.get(field)
    ]
    lacking += [
        f"{one}: {container['name']} has no limit of memory"
        for one in serving
        for container in one.every_container
        if not (container.get("resources") or {}).get("limits", {}).get("memory")
    ]
    assert lacking == []


def test_every_selector_finds_pods(rendered: tuple[Object, ...], serving: list[Workload]) -> None:
    """Of Services, what they select; of workloads, their own template."""
    faults = []
    for one in rendered:
        selector = (one.get("spec") or {}).get("selector") or {}
        if one["kind"] in SERVING:
            own = next(each for each in serving if str(each) == title(one))
            found = [own] if _selects(selector.get("matchLabels") or {}, own) else []
        elif one["kind"] == "Service":
            found = [each for each in serving if _selects(selector, each)]
        else:
            continue
        faults += [] if found else [f"{title(one)} selects {dict(selector)}"]
    assert faults == []


def _selects(selector: Mapping[str, str], workload: Workload) -> bool:
    return bool(selector) and selector.items() <= workload.labels.items()


def test_every_service_leads_to_a_port_that_is_open(
    rendered: tuple[Object, ...], serving: list[Workload]
) -> None:
    faults = []
    for one in (each for each in rendered if each["kind"] == "Service"):
        behind = [each for each in serving if _selects(one["spec"]["selector"], each)]
        for port in one["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            faults += [f"{title(one)}: {target}" for w in behind if target not in w.ports]
    assert faults == []


def test_the_probes_ask_a_port_that_is_open(serving: list[Workload]) -> None:
    faults = [
        f"{one}: {container['name']} is asked at {port}"
        for one in serving
        for container in one.containers
        for port in _asked(container)
        if port not in one.ports
    ]
    assert faults == []


def _asked(container: Object) -> Iterator[str | int]:
    for name in ("readinessProbe", "livenessProbe", "startupProbe"):
        probe = container.get(name) or {}
        for way in ("httpGet", "tcpSocket"):
            if way in probe:
                yield probe[way]["port"]


def test_the_release_is_what_the_chart_renders(
    context: Context, rendered: tuple[Object, ...], objects: tuple[Object, ...]
) -> None:
    """A Secret's content is made by the cluster; a cluster of others names images its own way."""
    others = model.require(context).provider == "context"
    left_out = {"Secret"} | ({*SERVING, "Job"} if others else set())
    live = {title(one): one for one in objects}
    released = [one for one in rendered if "helm.sh/hook" not in _annotations(one)]
    faults = [f"{title(one)} is not in it" for one in released if title(one) not in live]
    for one in released:
        if one["kind"] not in left_out and title(one) in live:
            faults += [f"{title(one)}: {fault}" for fault in missing(one, live[title(one)])]
    assert faults == []


def _annotations(one: Object) -> Mapping[str, str]:
    return one["metadata"].get("annotations") or {}


def test_the_release_is_deployed(release: Release) -> None:
    assert release.status == DEPLOYED
