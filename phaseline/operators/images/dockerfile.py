"""T007: Dockerfiles, rendered from their templates."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.core.settings import Build, Component, Npm, Wheels
from phaseline.core.workspace import Context
from phaseline.render import render
from phaseline.tools import pip


def render_dockerfile(context: Context) -> Report:
    """Write `<folder>/Dockerfile` of each component whose Dockerfile is a template.

    The base image is left to the build argument BASE, so that the text is the same whichever way
    the base came.

    Raises:
        InvalidConfiguration: the template is faulty.
    """
    written = [_render(context, component, build) for component, build in _templates(context)]
    return Report(summary=", ".join(written) or "no template")


def path_of(context: Context, build: Build) -> Path:
    """The Dockerfile that a component is built from."""
    root = context.workspace.root
    return root / (build.folder / "Dockerfile" if _is_template(build) else build.dockerfile)


def values(context: Context, component: Component) -> dict[str, object]:
    """The names that a template may use."""
    prepare = component.build.prepare if component.build else None
    return {
        "application": context.pipeline.application,
        "name": component.name,
        "role": component.role,
        "port": component.port,
        "user": component.user,
        "lock": str(prepare.lock) if isinstance(prepare, Wheels) else "",
        "output": str(prepare.output) if isinstance(prepare, Wheels | Npm) else "",
        "installer": pip.INSTALLER_WHEEL,
    }


def _templates(context: Context) -> list[tuple[Component, Build]]:
    return [(c, c.build) for c in context.components if c.build and _is_template(c.build)]


def _is_template(build: Build) -> bool:
    return build.dockerfile.suffix == ".j2"


def _render(context: Context, component: Component, build: Build) -> str:
    text = render(context.workspace.root / build.dockerfile, values(context, component))
    target = path_of(context, build)
    if not target.exists() or target.read_text() != text:
        write_atomic(target, text)
    return str(target.relative_to(context.workspace.root))
