"""The suite's test images that can be made from Debian packages and its own Go programs.

They stand under the names that the suite asks for and are imported into the node, for no registry
needs to be in reach. Those that are not made are told by `missing`.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phaseline.core.files import digest_sha256
from phaseline.core.settings import Base
from phaseline.operators.images import debian
from phaseline.operators.images.archive import CREATED, add, architecture
from tests.conformance.bases import AGNHOST, BUSYBOX, NGINX, PERL

_SITE = "registry.k8s.io/e2e-test-images"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One image: its names, its base of Debian packages, what lies on it, how it starts.

    Attributes:
        files: path in the image → the file that is put there, executable.
        user: who it runs as; empty for root.
    """

    names: tuple[str, ...]
    base: str
    packages: Base
    files: Mapping[str, Path] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""


def recipes(agnhost: Path, sources: Path) -> tuple[Recipe, ...]:
    """All that are made.

    Args:
        agnhost: the program that most tests run.
        sources: the folder `test/images` of Kubernetes' source.
    """
    programs = {
        "/agnhost": agnhost,
        "/agnhost-2": agnhost,
        "/localhost.crt": sources / "agnhost/porter/localhost.crt",
        "/localhost.key": sources / "agnhost/porter/localhost.key",
    }

    def speaking(*names: str, command: str = "pause", user: str = "", page: str = "") -> Recipe:
        html = sources / page / "html"
        shown = {f"/{file.name}": file for file in html.glob("*")} if page else {}
        return Recipe(
            names=tuple(f"{_SITE}/{name}" for name in names),
            base="agnhost", packages=AGNHOST, files={**programs, **shown},
            entrypoint=("/agnhost",), command=(command,), user=user,
        )  # fmt: skip

    return (
        speaking("agnhost:2.63.0", "agnhost:2.55"),
        speaking("nonroot:1.5", user="1234"),
        speaking("kitten:1.8", command="test-webserver", page="kitten"),
        speaking("nautilus:1.8", command="test-webserver", page="nautilus"),
        Recipe(
            names=(f"{_SITE}/ipc-utils:1.4",), base="agnhost", packages=AGNHOST,
            command=("sh",),
        ),
        Recipe(
            names=(f"{_SITE}/busybox:1.37.0-1", f"{_SITE}/busybox:1.36.1-1"),
            base="busybox", packages=BUSYBOX, command=("sh",),
        ),
        Recipe(
            names=(f"{_SITE}/nginx:1.15-4", f"{_SITE}/nginx:1.27-0"),
            base="web", packages=NGINX, command=("nginx", "-g", "daemon off;"),
        ),
        Recipe(names=(f"{_SITE}/perl:5.26",), base="perl", packages=PERL, command=("perl",)),
    )  # fmt: skip


def missing(listed: Iterable[str], made: Iterable[str]) -> list[str]:
    """The images that the suite names and that are not made here."""
    return sorted(set(listed) - set(made))


def write(recipe: Recipe, target: Path) -> Path:
    """Write the image as a docker-archive at `target`.

    Raises:
        Unreachable: its Debian packages cannot be fetched.
    """
    cached = debian.make(f"e2e-{recipe.base}", recipe.packages, "the suite's images are made here")
    layers = [target.with_suffix(".base.tar")]
    with tarfile.open(cached.archive) as archive:
        stream = archive.extractfile("layer.tar")
        assert stream
        layers[0].write_bytes(stream.read())
    if recipe.files:
        layers.append(_layer(recipe.files, target.with_suffix(".files.tar")))
    config = json.dumps(_config(recipe, layers), sort_keys=True).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [
        {"Config": name, "RepoTags": list(recipe.names), "Layers": [one.name for one in layers]}
    ]
    with tarfile.open(target, "w") as archive:
        add(archive, name, config)
        add(archive, "manifest.json", json.dumps(manifest).encode())
        for layer in layers:
            archive.add(layer, layer.name)
    for layer in layers:
        layer.unlink()
    return target


def _layer(files: Mapping[str, Path], target: Path) -> Path:
    with tarfile.open(target, "w") as archive:
        for path, source in sorted(files.items()):
            header = tarfile.TarInfo(path.lstrip("/"))
            header.size, header.mode = source.stat().st_size, 0o755
            archive.addfile(header, io.BytesIO(source.read_bytes()))
    return target


def _config(recipe: Recipe, layers: Iterable[Path]) -> dict[str, object]:
    return {
        "architecture": architecture(),
        "config": {
            "Env": [_PATH],
            "Entrypoint": list(recipe.entrypoint),
            "Cmd": list(recipe.command),
            "User": recipe.user,
        },
        "created": CREATED,
        "os": "linux",
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{digest_sha256(layer)}" for layer in layers],
        },
    }
