"""Images in the registry that a cluster of others pulls from, kept by digest."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phaseline.core import settings
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.kept import Kept
from phaseline.core.workspace import Context
from phaseline.operators.clusters import model
from phaseline.operators.clusters.provider import Loaded
from phaseline.operators.images.model import BuiltImage
from phaseline.process import journal
from phaseline.tools.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Pushed(Kept):
    """What was pushed to one registry.

    Attributes:
        digests: of the manifest in the registry, by the ID of the image.
    """

    registry: str
    digests: Mapping[str, str] = field(default_factory=dict)


def wanted(context: Context) -> settings.Registry:
    """The registry that `pipeline.yaml` names.

    Raises:
        InvalidConfiguration: it names none.
    """
    found = context.pipeline.cluster.registry
    if found is None:
        raise InvalidConfiguration(
            "pipeline.yaml names no registry",
            why="a cluster that others run pulls its images from one",
            fix="set cluster.registry.address",
        )
    return found


def registry(context: Context) -> Registry:
    """The registry as this machine reaches it, with its credentials.

    Raises:
        InvalidConfiguration: none is named, or a variable with its credentials is not set.
    """
    named = wanted(context)
    for field_, variable in (("user", named.user), ("password", named.password)):
        if variable and not os.environ.get(variable):
            raise InvalidConfiguration(
                f"cluster.registry.{field_}: the variable {variable} is not set"
            )
    user, password = (os.environ.get(one, "") for one in (named.user, named.password))
    return Registry(named.push or named.address, user, password)


def push(context: Context, images: Sequence[BuiltImage]) -> None:
    """Push each of `images`, and keep its digest.

    Raises:
        CommandFailed, CheckFailed: as `Registry.push`.
    """
    target = registry(context)
    for image in images:
        journal.progress(f"pushing {image.reference} to {target.address}")
        digest = target.push(image.reference, name_of(context, image), image.tag)
        known = _kept(context)
        Pushed(registry=known.registry, digests={**known.digests, image.id: digest}).write(
            _place(context)
        )


def found(context: Context, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
    """Those of `images` that the registry has, by component; each is named with its digest."""
    digests, there = _kept(context).digests, {}
    target, named = registry(context), wanted(context)
    for image in images:
        name = name_of(context, image)
        if (digest := digests.get(image.id)) and not target.lacks(name, digest):
            tag = f"{image.tag}@{digest}"
            there[image.component] = Loaded(f"{named.address}/{name}", tag, digest)
    return there


def name_of(context: Context, image: BuiltImage) -> str:
    """The name of an image in the registry, below its address."""
    return f"{context.pipeline.application}/{image.component}"


def _kept(context: Context) -> Pushed:
    address = wanted(context).address
    kept = Pushed.read(_place(context))
    return kept if kept and kept.registry == address else Pushed(registry=address)


def _place(context: Context) -> Path:
    return model.folder(context) / "pushed.json"
