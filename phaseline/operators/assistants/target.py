"""The file that is advised on: a plain Dockerfile, or the template that one is rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.operators.images import dockerfile
from phaseline.render import render_text

if TYPE_CHECKING:
    from phaseline.core.settings import Component


@dataclass(frozen=True)
class Target:
    """A file that can be advised on.

    Attributes:
        path: relative to the checkout, with `/`; a patch names this path and no other.
        text: what it holds.
        component: what is built from it; None where no component is.
        values: what its template is rendered with.
    """

    path: str
    text: str
    component: Component | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_template(self) -> bool:
        """Whether a Dockerfile is rendered from it."""
        return self.path.endswith(".j2")

    def rendered(self, text: str | None = None) -> str:
        """The Dockerfile that comes of it, or would if it held `text`.

        Raises:
            InvalidConfiguration: the template is faulty.
        """
        content = self.text if text is None else text
        return render_text(content, Path(self.path), self.values) if self.is_template else content


def of_component(context: Context, component: Component) -> Target | None:
    """What `component` is built from; None for an image that is used as it stands."""
    if component.build is None:
        return None
    path = component.build.dockerfile
    text = _text(context.workspace.root / path)
    return Target(path.as_posix(), text, component, dockerfile.values(context, component))


def of_file(context: Context, name: str) -> Target:
    """The file `name`, given from the current folder or the checkout.

    Raises:
        InvalidConfiguration: it is not in the checkout, or a template that no component is of.
    """
    root = context.workspace.root.resolve()
    place = next((p.resolve() for p in (Path(name), root / name) if p.is_file()), None)
    if place is None or not place.is_relative_to(root):
        raise InvalidConfiguration(f"--file {name}: there is no such file in {root}")
    path = place.relative_to(root).as_posix()
    for component in context.components:
        if component.build and component.build.dockerfile.as_posix() == path:
            return Target(path, _text(place), component, dockerfile.values(context, component))
    if path.endswith(".j2"):
        raise InvalidConfiguration(
            f"--file {name}: no component is built from this template",
            fix="name it as the `dockerfile` of a component in pipeline.yaml",
        )
    return Target(path, _text(place))


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # line ends as they are
    except UnicodeDecodeError as error:
        raise InvalidConfiguration(f"{path.name} is not UTF-8", why=str(error)) from error
