"""An ingress, a registry and address ranges of one's own, where pipeline.yaml asks for them."""

from __future__ import annotations

import base64
import ipaddress
import json
import ssl
from collections.abc import Iterator

import httpx
import pytest

from phaseline.operators.clusters.embedded import serving
from phaseline.tools import docker
from tests.deployment import application, node
from tests.deployment.conftest import Deployed, NewWorkspace

pytestmark = pytest.mark.e2e

HOST = "shop.example"
RANGES = {"pod_range": "10.60.0.0/16", "service_range": "10.61.0.0/20"}


@pytest.fixture(scope="module")
def second(make_workspace: NewWorkspace) -> Iterator[Deployed]:
    """A second cluster with all extras, its page behind the chart's Ingress."""
    workspace = make_workspace()
    extended = workspace.settings()
    extended["cluster"] = {"extras": ["ingress", "registry"], **RANGES}
    extended["chart"]["values"] = {"ingress": {"enabled": True}}
    extended["addresses"][0]["through"] = "ingress"
    workspace.set(extended)
    yield Deployed.make(workspace)
    workspace.must("teardown")


def _node(deployed: Deployed) -> str:
    return str(ipaddress.IPv4Network(deployed.workspace.cluster["link"])[2])


def test_the_page_is_served_by_the_charts_ingress(second: Deployed) -> None:
    assert second.address == f"http://{_node(second)}/"
    todo = application.write(second.address, "Through the ingress")
    assert application.read(second.address, todo) == "Through the ingress"


def test_a_host_has_its_own_certificate(second: Deployed) -> None:
    pki = second.workspace.state / "cluster/pki"
    certificate, key = serving.certificate(pki / "ca.crt", pki / "ca.key", HOST)
    data = {"tls.crt": certificate, "tls.key": key}
    encoded = {name: base64.b64encode(value).decode() for name, value in data.items()}
    service = {"name": "todo-app-frontend", "port": {"name": "http"}}
    path = {"path": "/api/version", "pathType": "Exact", "backend": {"service": service}}
    objects = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "shop"},
            "type": "kubernetes.io/tls",
            "data": encoded,
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "shop"},
            "spec": {
                "tls": [{"hosts": [HOST], "secretName": "shop"}],
                "rules": [{"host": HOST, "http": {"paths": [path]}}],
            },
        },
    ]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    words = ("-n", application.NAMESPACE)
    application.kubectl(second.workspace, *words, "apply", "-f", "-", stdin=listed)
    served = "--for=jsonpath={.status.loadBalancer.ingress}"
    application.kubectl(second.workspace, *words, "wait", served, "ingress/shop", "--timeout=20s")
    trust = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    with httpx.Client(verify=trust, headers={"Host": HOST}) as client:
        place = f"https://{_node(second)}/api/version"
        answer = client.get(place, extensions={"sni_hostname": HOST})
    assert answer.status_code == 200, answer.text
    application.kubectl(second.workspace, *words, "delete", "ingress/shop", "secret/shop")


def test_addresses_are_of_the_ranges_that_were_asked_for(second: Deployed) -> None:
    pods = {pod["status"]["podIP"] for pod in application.pods(second.workspace)}
    assert all(ipaddress.ip_address(one) in ipaddress.ip_network("10.60.0.0/16") for one in pods)
    path = "jsonpath={.spec.clusterIP}"
    told = application.kubectl(second.workspace, "get", "svc", "kubernetes", "-o", path)
    assert told == "10.61.0.1"


def test_what_this_machine_pushes_is_pulled_in_the_cluster(second: Deployed) -> None:
    pushed = f"{_node(second)}:5000/test/frontend:1"
    image = next(name for name in application.running_images(second.workspace) if "front" in name)
    client = docker.client()
    try:
        client.images.get(image).tag(pushed)
        lines = client.images.push(pushed, stream=True, decode=True)
        assert not [line["error"] for line in lines if "error" in line]
        client.images.remove(pushed)
    finally:
        client.close()
    application.kubectl(second.workspace, "run", "pulled", "--image", pushed)
    started = "--for=jsonpath={.status.containerStatuses[0].imageID}"
    application.kubectl(second.workspace, "wait", started, "pod/pulled", "--timeout=40s")
    application.kubectl(second.workspace, "delete", "pod", "pulled", "--now")
    assert pushed in node.containerd(second.workspace, "images", "list", "--quiet")
