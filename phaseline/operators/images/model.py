"""What is known of an image that was made: the records that later phases read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from phaseline.core.errors import CheckFailed
from phaseline.core.kept import Kept
from phaseline.core.workspace import Context

Route = Literal["upstream", "packages", "scratch", "pulled"]


@dataclass(frozen=True, kw_only=True)
class BaseImage(Kept):
    """A base image in the daemon.

    Attributes:
        reference: the name it has there.
        route: `upstream` (pulled by digest) or `packages` (made from Debian packages).
        packages: the exact version of each package; empty for an upstream image.
    """

    name: str
    reference: str
    id: str
    route: Route
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BuiltImage(Kept):
    """A component's image.

    Attributes:
        repository: `localhost/<application>/<component>`, the same in every workspace.
        tag: the first 12 hex digits of `id`.
        id: `sha256:` digest of the image's configuration, which names its layers: whatever runs
            under this ID is this image, bit by bit.
        size: bytes, unpacked.
        base: reference of the base image; empty where there is none.
        route: how the base came, or `pulled` for an image that is used as it stands.
        layers: digests of the unpacked layers, lowest first.
    """

    component: str
    repository: str
    tag: str
    id: str
    size: int
    base: str
    route: Route
    layers: tuple[str, ...]

    @property
    def reference(self) -> str:
        """`repository:tag`."""
        return f"{self.repository}:{self.tag}"


def folder(context: Context) -> Path:
    """Where the records lie."""
    return context.state / "images"


def base_names(context: Context) -> list[str]:
    """The names of the bases that the context's components use, sorted."""
    builds = [part["build"] for part in context.parts if part["build"]]
    return sorted({build["base"] for build in builds if build["base"]})


def store(context: Context, name: str, record: Kept) -> Path:
    """Write one record, atomically."""
    return record.write(folder(context) / f"{name}.json")


def load_images(context: Context) -> dict[str, BuiltImage]:
    """The recorded images of the pipeline's components, by component; absent ones are left out."""
    names = [component["name"] for component in context.workspace.settings["components"]]
    found = {name: BuiltImage.read(folder(context) / f"{name}.json") for name in names}
    return {name: image for name, image in found.items() if image}


def load_base(context: Context, name: str) -> BaseImage | None:
    """The record of the base `name`; None where there is none."""
    return BaseImage.read(folder(context) / f"base-{name}.json")


def require_image(context: Context, name: str) -> BuiltImage:
    """The record of one component.

    Raises:
        CheckFailed: it has not been built.
    """
    image = load_images(context).get(name)
    if image is None:
        raise CheckFailed(f"{name} has no image yet", fix="run `invoke containerize`")
    return image
