"""What is known of an image that was made: the records that later phases read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from phaseline.core.errors import CheckFailed
from phaseline.core.files import write_atomic
from phaseline.core.workspace import Context

Route = Literal["upstream", "packages", "scratch", "pulled"]
Kind = TypeVar("Kind", bound=BaseModel)


class BaseImage(BaseModel):
    """A base image in the daemon.

    Attributes:
        reference: the name it has there.
        route: `upstream` (pulled by digest) or `packages` (made from Debian packages).
        packages: the exact version of each package; empty for an upstream image.
    """

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    name: str
    reference: str
    id: str
    route: Route
    packages: dict[str, str] = {}


class BuiltImage(BaseModel):
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

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
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


def store(context: Context, name: str, record: BaseModel) -> Path:
    """Write one record, atomically."""
    return write_atomic(folder(context) / f"{name}.json", record.model_dump_json(indent=2) + "\n")


def load_images(context: Context) -> dict[str, BuiltImage]:
    """The recorded images of the pipeline's components, by component; absent ones are left out."""
    names = [component.name for component in context.pipeline.components]
    found = {name: _load(context, name, BuiltImage) for name in names}
    return {name: image for name, image in found.items() if image}


def load_base(context: Context, name: str) -> BaseImage | None:
    """The record of the base `name`; None where there is none."""
    return _load(context, f"base-{name}", BaseImage)


def require_image(context: Context, name: str) -> BuiltImage:
    """The record of one component.

    Raises:
        CheckFailed: it has not been built.
    """
    image = load_images(context).get(name)
    if image is None:
        raise CheckFailed(f"{name} has no image yet", fix="run `invoke containerize`")
    return image


def _load(context: Context, name: str, kind: type[Kind]) -> Kind | None:
    path = folder(context) / f"{name}.json"
    return kind.model_validate_json(path.read_text()) if path.exists() else None
