"""A daemon whose image IDs are digests of manifests: images are known by their configuration."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.operators.images import base, debian, standing
from phaseline.operators.images.archive import write_archive
from phaseline.operators.images.daemon import connected
from phaseline.operators.images.identity import config_digest, exported_digest, names_manifests
from phaseline.operators.images.model import BaseImage, BuiltImage, store
from phaseline.operators.images.ownership import own, shared
from phaseline.operators.images.saved import opened
from tests.contract.images.containerd_store import Store, serve
from tests.contract.images.registry import digest
from tests.contract.images.scratch import Scratch

BASE = "localhost/phaseline/base-python:000000000000"


@pytest.fixture
def daemon_on_containerd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with tempfile.TemporaryDirectory(prefix="store-") as folder:  # a socket's path is short
        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/docker.sock")
        with serve(Path(folder, "docker.sock")) as held:
            yield held


def archive(folder: Path, reference: str, content: str = "one") -> debian.Cached:
    """An image of one layer as a docker-archive, as bases are cached."""
    layer = folder / f"{content}.layer"
    layer.write_bytes(content.encode().ljust(10240, b"\0"))
    target = folder / f"{content}.tar"
    identity = write_archive(layer, reference, target)
    return debian.Cached(target, reference, debian.Sheet(id=identity, packages={}, made=""))


def test_an_image_is_known_by_its_configuration(
    daemon_on_containerd: Store, tmp_path: Path
) -> None:
    cached = archive(tmp_path, "scratch:1")
    daemon_on_containerd.load(cached.archive.read_bytes())
    with connected() as client:
        image = client.images.get("scratch:1")
        assert names_manifests(client)
        assert image.id == image.attrs["Descriptor"]["digest"] != cached.sheet.id
        assert config_digest(client, image) == exported_digest(image) == cached.sheet.id


def test_what_an_id_stands_for_is_asked_once(daemon_on_containerd: Store, tmp_path: Path) -> None:
    cached = archive(tmp_path, "scratch:1")
    daemon_on_containerd.load(cached.archive.read_bytes())
    with connected() as client:
        for _ in range(3):
            assert config_digest(client, client.images.get("scratch:1")) == cached.sheet.id
    assert daemon_on_containerd.count("GET /images/scratch:1/get") == 0  # by its ID, not its name
    assert sum(one.endswith("/get") for one in daemon_on_containerd.asked) == 1


def test_a_base_is_loaded_once(daemon_on_containerd: Store, tmp_path: Path) -> None:
    cached = archive(tmp_path, BASE)
    for _ in range(2):
        base.provide(cached)
    assert daemon_on_containerd.count("POST /images/load") == 1


def test_another_base_under_the_name_is_replaced(
    daemon_on_containerd: Store, tmp_path: Path
) -> None:
    daemon_on_containerd.load(archive(tmp_path, BASE, "other").archive.read_bytes())
    base.provide(archive(tmp_path, BASE))
    assert daemon_on_containerd.count("POST /images/load") == 1


def test_an_archive_that_is_not_what_it_says_is_refused(
    daemon_on_containerd: Store, tmp_path: Path
) -> None:
    real, other = archive(tmp_path, BASE), archive(tmp_path, BASE, "other")
    with pytest.raises(CommandFailed, match="loaded another image"):
        base.provide(debian.Cached(other.archive, BASE, real.sheet))


def test_what_stands_is_seen_without_an_export(daemon_on_containerd: Store, tmp_path: Path) -> None:
    context = Scratch(tmp_path).write()
    cached = archive(tmp_path, BASE)
    base.provide(cached)
    tag = cached.sheet.id.removeprefix("sha256:")[:12]
    built = BuiltImage(
        component="app",
        repository=shared(context, "app"),
        tag=tag,
        id=cached.sheet.id,
        size=1,
        base=BASE,
        route="packages",
        layers=(),
    )
    held = daemon_on_containerd.images[BASE]
    for repository in (shared(context, "app"), own(context, "app")):
        daemon_on_containerd.images[f"{repository}:{tag}"] = held
    store(context, "app", built)
    store(
        context,
        "base-python",
        BaseImage(name="python", reference=BASE, id=cached.sheet.id, route="packages"),
    )
    daemon_on_containerd.asked.clear()
    assert standing.base_image_stands(context).stands
    assert standing.build_stands(context).stands
    assert not any(one.endswith("/get") for one in daemon_on_containerd.asked)


def test_another_image_under_the_name_does_not_stand(
    daemon_on_containerd: Store, tmp_path: Path
) -> None:
    context = Scratch(tmp_path).write()
    cached = archive(tmp_path, BASE)
    store(
        context,
        "base-python",
        BaseImage(name="python", reference=BASE, id=cached.sheet.id, route="packages"),
    )
    daemon_on_containerd.load(archive(tmp_path, BASE, "other").archive.read_bytes())
    assert not standing.base_image_stands(context).stands


def test_layers_of_an_export_are_uncompressed(daemon_on_containerd: Store, tmp_path: Path) -> None:
    cached = archive(tmp_path, "scratch:1")
    daemon_on_containerd.load(cached.archive.read_bytes())
    exported = tmp_path / "exported.tar"
    with connected() as client:
        exported.write_bytes(b"".join(client.images.get("scratch:1").save()))
    with opened(exported) as image:
        (layer,) = image.config["rootfs"]["diff_ids"]
        image.copy_layer(layer, tmp_path / "layer.tar")
    assert digest((tmp_path / "layer.tar").read_bytes()) == layer
