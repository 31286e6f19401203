"""T007, T008: the components' images, built without a network and named by their own digest."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.report import Report
from phaseline.core.settings import Build, Component
from phaseline.core.workspace import Context
from phaseline.operators.images import labels, ownership
from phaseline.operators.images.daemon import connected, find, import_sdk, layers_of
from phaseline.operators.images.dockerfile import path_of
from phaseline.operators.images.draft import draft
from phaseline.operators.images.identity import config_digest
from phaseline.operators.images.model import (
    BaseImage,
    BuiltImage,
    Route,
    load_base,
    require_image,
    store,
)
from phaseline.operators.images.model import folder as records
from phaseline.operators.images.pulse import pulse
from phaseline.operators.images.settling import settle
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.process.threads import meanwhile
from phaseline.tools import docker

if TYPE_CHECKING:
    from docker import DockerClient

# Set, nothing is taken from the build cache: what is replayed owes nothing to its original.
FRESH = "PHASELINE_FRESH"


def build(context: Context) -> Report:
    """Build (or pull, where it is named) the image of each component, tag and record it.

    Raises:
        CommandFailed: the build fails; the message carries its last lines.
        CheckFailed: the base image has not been made.
    """
    images = [_provide(context, component) for component in context.components]
    for image in images:
        store(context, image.component, image)
    return Report(
        summary=", ".join(f"{image.reference} ({image.size / 1e6:.0f} MB)" for image in images),
        identity={image.component: image.id for image in images},
    )


def _provide(context: Context, component: Component) -> BuiltImage:
    if component.build is None:
        return _pulled(context, component)
    base = _base(context, component.build)
    with pulse(f"builds the image of {component.name}"):
        return _build(context, component, component.build, base)


def _base(context: Context, build: Build) -> BaseImage | None:
    if build.base is None:
        return None
    base = load_base(context, build.base)
    if base is None:
        raise CheckFailed(f"base {build.base} has not been made", fix="run `invoke containerize`")
    return base


def _build(
    context: Context, component: Component, build: Build, base: BaseImage | None
) -> BuiltImage:
    """Build the image, put another without dates in its place, and record that."""
    raw, final = (f"{ownership.own(context, component.name)}:{tag}" for tag in ("raw", "latest"))
    with draft(records(context) / f"{component.name}.draft") as place:
        with meanwhile(import_sdk):
            _run_build(context, component, build, base, raw)
        fresh = bool(os.environ.get(FRESH))
        with connected() as client:
            settle(client, raw, final, base.reference if base else "", place, fresh=fresh)
            image = _record(client, context, component, final, base)
            ownership.forget_old(client, context, component.name)
    return image


def _run_build(
    context: Context, component: Component, build: Build, base: BaseImage | None, name: str
) -> None:
    """Run the builder; it tags what it made with `name`."""
    command = docker.command(
        "build",
        "--progress=plain",
        "--network=none",
        *(("--no-cache",) if os.environ.get(FRESH) else ()),
        f"--tag={name}",
        f"--file={path_of(context, build)}",
        *_arguments(context, component, base),
        *labels.options(context, component, base),
        str(context.workspace.root / build.folder),
        timeout=600.0,
    )
    tell = journal.current().progress  # lines come from threads that have no journal
    run(command, lambda line: _tell(tell, component.name, line))


def _arguments(context: Context, component: Component, base: BaseImage | None) -> tuple[str, ...]:
    """The build arguments: the base, and the images of the components that this one needs."""
    given = {"BASE": base.reference} if base else {}
    for name in component.needs:
        given[f"IMAGE_{name.upper().replace('-', '_')}"] = require_image(context, name).reference
    return tuple(word for key, value in given.items() for word in ("--build-arg", f"{key}={value}"))


def _tell(tell: Callable[[str], None], name: str, line: str) -> None:
    if line.startswith("#") and "[" in line:  # a step of the build, not its output
        tell(f"{name}: {line.partition(' ')[2][:100]}")


def _pulled(context: Context, component: Component) -> BuiltImage:
    assert component.image
    with connected() as client:
        image = find(client, component.image)
        if image is None:
            with pulse(f"pulls {component.image}"):
                run(docker.command("pull", "--quiet", component.image, timeout=600.0))
            image = find(client, component.image)
        if image is None or image.id is None:
            raise CommandFailed(f"the daemon pulled {component.image} and does not have it")
        return _record(client, context, component, image.id, None)


def _record(
    client: DockerClient,
    context: Context,
    component: Component,
    reference: str,
    base: BaseImage | None,
) -> BuiltImage:
    """Tag the image called `reference` by its own digest, and say what is known of it."""
    image = client.images.get(reference)
    digest = config_digest(client, image)
    tag = digest.removeprefix("sha256:")[:12]
    ownership.claim(context, image, component.name, tag)
    return BuiltImage(
        component=component.name,
        repository=ownership.shared(context, component.name),
        tag=tag,
        id=digest,
        size=int(image.attrs["Size"]),
        base=base.reference if base else "",
        route=_route(component, base),
        layers=layers_of(image),
    )


def _route(component: Component, base: BaseImage | None) -> Route:
    if base:
        return base.route
    return "scratch" if component.build else "pulled"
