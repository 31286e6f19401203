from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.load import load_pipeline

Change = Callable[[dict[str, Any]], object]
GOOD: dict[str, Any] = {
    "version": 1,
    "application": "shop",
    "components": [
        {
            "name": "web",
            "role": "frontend",
            "build": {
                "folder": "web",
                "dockerfile": "web/Dockerfile",
                "base": "small",
                "prepare": {"kind": "wheels", "lock": "requirements.lock"},
            },
            "values": "web.image",
            "port": 8080,
        },
        {
            "name": "store",
            "role": "database",
            "image": "docker.io/library/redis:8",
            "values": "store.image",
            "port": 6379,
        },
    ],
    "bases": {"small": {"upstream": f"docker.io/small@sha256:{'0' * 64}", "packages": ["dash"]}},
    "chart": {"folder": "chart", "release": "shop", "namespace": "shop"},
    "addresses": [{"name": "page", "service": "shop-web", "port": "http"}],
    "journeys": [
        {
            "name": "an order",
            "address": "page",
            "requests": [
                {"method": "POST", "path": "/orders", "status": 201, "keep": {"order": "id"}},
                {"method": "GET", "path": "/orders/{order}", "status": 200},
            ],
        }
    ],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("web", "chart"):
        (tmp_path / folder).mkdir()
    for file in ("web/Dockerfile", "web/requirements.lock"):
        (tmp_path / file).touch()
    return tmp_path


def write(root: Path, change: Change = lambda content: None) -> Path:
    content = copy.deepcopy(GOOD)
    change(content)
    (root / "pipeline.yaml").write_text(yaml.safe_dump(content))
    return root


def put(value: Any, *place: str | int) -> Change:
    """A change that sets one field, found by the keys and indices of `place`."""

    def change(content: Any) -> None:
        for key in place[:-1]:
            content = content[key]
        content[place[-1]] = value

    return change


def drop(*place: str | int) -> Change:
    def change(content: Any) -> None:
        for key in place[:-1]:
            content = content[key]
        del content[place[-1]]

    return change


def test_what_is_right_is_taken(root: Path) -> None:
    pipeline = load_pipeline(write(root))
    assert [component.name for component in pipeline.components] == ["web", "store"]
    assert pipeline.cluster.provider == "auto"


WRONG = [
    (put("x", "components", 0, "prot"), "components[0].prot: Extra inputs"),
    (put("x", "surprise"), "surprise: Extra inputs"),
    (put(70000, "components", 0, "port"), "components[0].port: "),
    (put("many", "components", 1, "port"), "components[1].port: "),
    (put("sidecar", "components", 0, "role"), "components[0].role: "),
    (put(0, "components", 0, "user"), "components[0].user: "),
    (put(0, "components", 0, "size_mb"), "components[0].size_mb: "),
    (put(["shell"], "components", 0, "allows"), "components[0].allows[0]: "),
    (put([{"rule": "IMG005"}], "components", 0, "allows"), "components[0].allows[0].reason: "),
    (
        put([{"rule": "IMG005", "reason": "so"}], "components", 0, "allows"),
        "components[0].allows[0].reason: ",
    ),
    (
        put([{"rule": "a shell", "reason": "initdb calls it"}], "components", 0, "allows"),
        "components[0].allows[0].rule: ",
    ),
    (put({"database": "osv.dev"}, "vulnerabilities"), "vulnerabilities.database: "),
    (put({"licence": "MIT"}, "about"), "about.licence: Extra inputs"),
    (put("Web", "components", 0, "name"), "components[0].name: "),
    (put("a" * 41, "application"), "application: "),
    (drop("application"), "application: Field required"),
    (drop("chart", "folder"), "chart.folder: Field required"),
    (put(2, "version"), "version: "),
    (put([], "components"), "components: "),
    (put("y", "components", 0, "image"), "components[0]: needs exactly one of `build` and `image`"),
    (drop("components", 1, "image"), "components[1]: needs exactly one of `build` and `image`"),
    (put("other", "components", 0, "build", "base"), "web wants the unknown base 'other'"),
    (put("web", "components", 1, "name"), "components: web is declared twice"),
    (put(["moon"], "components", 0, "needs"), "components: web needs the unknown 'moon'"),
    (put(["web"], "components", 0, "needs"), "form a cycle: web -> web"),
    (put("small:latest", "bases", "small", "upstream"), "bases.small.upstream: "),
    (put({"cpus": 1}, "cluster"), "cluster.cpus: "),
    (put({"kubernetes": "1.36"}, "cluster"), "cluster.kubernetes: "),
    (put({"provider": "cloud"}, "cluster"), "cluster.provider: "),
    (put({"pod_range": "10.244.0.1/16"}, "cluster"), "cluster.pod_range: "),
    (put({"pod_range": "fd00::/8"}, "cluster"), "cluster.pod_range: "),
    (put({"link_range": "172.31.0.0/29"}, "cluster"), "link_range must be /28 or larger"),
    (put(4, "chart", "timeout_seconds"), "chart.timeout_seconds: "),
    (put(GOOD["addresses"] * 2, "addresses"), "addresses: page is declared twice"),
    (put("shop", "journeys", 0, "address"), "'an order' uses the unknown address 'shop'"),
    (put([], "journeys", 0, "requests"), "journeys[0].requests: "),
    (put("BREW", "journeys", 0, "requests", 0, "method"), "journeys[0].requests[0].method: "),
    (put({}, "journeys", 0, "requests", 0, "keep"), "request 2: path uses {order}"),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=[named for _, named in WRONG])
def test_a_wrong_field_is_named_with_its_path(change: Change, named: str, root: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"pipeline\.yaml is not valid") as caught:
        load_pipeline(write(root, change))
    assert named in caught.value.why
    assert caught.value.exit_code == 2


def test_every_wrong_field_is_named_at_once(root: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        put(0, "components", 0, "port")(content)
        put("x", "chart", "colour")(content)

    with pytest.raises(InvalidConfiguration) as caught:
        load_pipeline(write(root, change))
    assert "components[0].port" in caught.value.why
    assert "chart.colour" in caught.value.why


@pytest.mark.parametrize("path", ["/etc", "../other", "web/../../other"])
@pytest.mark.parametrize(
    "place",
    [
        ("chart", "folder"),
        ("components", 0, "build", "folder"),
        ("components", 0, "build", "dockerfile"),
        ("components", 0, "build", "prepare", "lock"),
        ("components", 0, "build", "prepare", "output"),
    ],
)
def test_a_path_outside_of_the_checkout_is_refused(
    path: str, place: tuple[str | int, ...], root: Path
) -> None:
    with pytest.raises(InvalidConfiguration, match="inside the checkout") as caught:
        load_pipeline(write(root, put(path, *place)))
    assert str(place[-1]) in caught.value.why


@pytest.mark.parametrize("glob", ["/etc/**", "../**"])
def test_sources_outside_of_the_checkout_are_refused(glob: str, root: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"build\.sources\[0\]"):
        load_pipeline(write(root, put([glob], "components", 0, "build", "sources")))


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        ("chart", "chart.folder: chart does not exist"),
        ("web/Dockerfile", "components[0].build.dockerfile: web/Dockerfile does not exist"),
        ("web/requirements.lock", "components[0].build.prepare.lock: web/requirements.lock"),
    ],
)
def test_what_is_named_and_missing_is_named(gone: str, named: str, root: Path) -> None:
    place = write(root) / gone
    place.rmdir() if place.is_dir() else place.unlink()
    with pytest.raises(InvalidConfiguration) as caught:
        load_pipeline(root)
    assert named in caught.value.why


def test_a_file_is_no_folder_and_a_folder_no_file(root: Path) -> None:
    (root / "chart").rmdir()
    (root / "chart").touch()
    (root / "web/Dockerfile").unlink()
    (root / "web/Dockerfile").mkdir()
    with pytest.raises(InvalidConfiguration) as caught:
        load_pipeline(write(root))
    assert "chart.folder: chart is no folder" in caught.value.why
    assert "components[0].build.dockerfile: web/Dockerfile is no file" in caught.value.why


RANGES = [
    ({"pod_range": "10.96.0.0/12"}, "pod_range 10.96.0.0/12 overlaps service_range 10.96.0.0/16"),
    ({"link_range": "10.244.8.0/24"}, "link_range 10.244.8.0/24 overlaps pod_range 10.244.0.0/16"),
    ({"service_range": "172.31.0.0/16"}, "overlaps service_range 172.31.0.0/16"),
]


@pytest.mark.parametrize(("cluster", "named"), RANGES)
def test_ranges_that_overlap_are_named(cluster: dict[str, str], named: str, root: Path) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        load_pipeline(write(root, put(cluster, "cluster")))
    assert named in caught.value.why


def chain(**needs: list[str]) -> Change:
    """Components of these names with these needs, in this order."""
    role = {"role": "backend", "image": "x:1", "values": "x", "port": 1}
    components = [{"name": name, "needs": wanted, **role} for name, wanted in needs.items()]
    return put(components, "components")


@pytest.mark.parametrize(
    ("needs", "order"),
    [
        ({"a": [], "b": [], "c": []}, ["a", "b", "c"]),
        ({"a": ["b"], "b": ["c"], "c": []}, ["c", "b", "a"]),
        ({"a": ["c"], "b": [], "c": ["b"]}, ["b", "c", "a"]),
    ],
)
def test_each_component_comes_after_those_it_needs(
    needs: dict[str, list[str]], order: list[str], root: Path
) -> None:
    pipeline = load_pipeline(write(root, chain(**needs)))
    assert [component.name for component in pipeline.of_role("backend")] == order
    assert pipeline.of_role("frontend") == ()


def test_a_cycle_is_drawn(root: Path) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        load_pipeline(write(root, chain(a=["b"], b=["a"], c=[])))
    assert "a -> b -> a" in caught.value.why or "b -> a -> b" in caught.value.why


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"a: [", "is not YAML"), (b"\xff\xfe\x00", "is not YAML"), (b"", "is not valid")],
)
def test_what_is_no_yaml_is_refused(content: bytes, said: str, root: Path) -> None:
    (root / "pipeline.yaml").write_bytes(content)
    with pytest.raises(InvalidConfiguration, match=said):
        load_pipeline(root)


def test_no_file_and_no_readable_file_are_told_apart(root: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"there is no pipeline\.yaml"):
        load_pipeline(root)
    (root / "pipeline.yaml").mkdir()
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        load_pipeline(root)
