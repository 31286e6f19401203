"""T007: base images, upstream where a registry answers, else made from Debian packages."""

from __future__ import annotations

from phaseline.core.errors import CommandFailed
from phaseline.core.report import Report
from phaseline.core.settings import Base
from phaseline.core.workspace import Context
from phaseline.operators.images import debian
from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.identity import config_digest
from phaseline.operators.images.model import BaseImage, base_names, store
from phaseline.operators.images.pulse import pulse
from phaseline.operators.images.registry import host_of, unreachable
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools import docker


def base_image(context: Context) -> Report:
    """Have the base image of each component in the daemon, and record which it is.

    Raises:
        Unreachable: neither a registry nor a Debian archive answers.
        CommandFailed: the registry answers, but does not give the pinned image.
    """
    made = [_provide(name, base) for name, base in wanted(context).items()]
    for image, _ in made:
        store(context, f"base-{image.name}", image)
    return Report(
        summary="; ".join(f"{image.name}: {how}" for image, how in made) or "no base is used",
        identity={f"base-{image.name}": image.id for image, _ in made},
    )


def wanted(context: Context) -> dict[str, Base]:
    """The bases that the context's components use, by name."""
    return {name: context.pipeline.bases[name] for name in base_names(context)}


def _provide(name: str, base: Base) -> tuple[BaseImage, str]:
    """The base image `name`, and how it came."""
    obstacle = unreachable(host_of(base.upstream))
    if not obstacle:
        return _pull(name, base)
    journal.progress(f"base {name}: from Debian packages, for {obstacle}")
    return _load(name, base, obstacle)


def _pull(name: str, base: Base) -> tuple[BaseImage, str]:
    digest = base.upstream.rpartition(":")[2]
    reference = f"localhost/phaseline/base-{name}:{digest[:12]}"
    with connected() as client:
        was_there = find(client, base.upstream) is not None
    with pulse(f"pulls {base.upstream}"):
        run(docker.command("pull", "--quiet", base.upstream, timeout=600.0))
    run(docker.command("tag", base.upstream, reference, timeout=30.0))
    if not was_there:  # under our name only, so that teardown takes it away again
        run(docker.command("rmi", base.upstream, timeout=30.0))
    if not (identity := _identity(reference)):
        raise CommandFailed(f"the daemon took {reference} and does not have it")
    image = BaseImage(name=name, reference=reference, id=identity, route="upstream")
    return image, f"pulled {base.upstream}, whose registry answers"


def _load(name: str, base: Base, obstacle: str) -> tuple[BaseImage, str]:
    cached = debian.make(name, base, purpose=obstacle)
    provide(cached)
    day = cached.sheet.made.partition("T")[0]
    count = len(cached.sheet.packages)
    image = BaseImage(
        name=name,
        reference=cached.reference,
        id=cached.sheet.id,
        route="packages",
        packages=cached.sheet.packages,
    )
    return image, f"made from {count} Debian packages on {day}, for {obstacle}"


def provide(cached: debian.Cached) -> None:
    """Have the image of `cached` in the daemon, under its name.

    Raises:
        CommandFailed: the daemon made another image of the archive.
    """
    if _identity(cached.reference) == cached.sheet.id:
        return
    with pulse(f"loads {cached.reference} into Docker"):
        run(docker.command("load", "--input", str(cached.archive), timeout=120.0))
    if (identity := _identity(cached.reference)) != cached.sheet.id:
        raise CommandFailed(
            f"the daemon loaded another image than {cached.archive}",
            why=f"it says {identity or 'nothing'}, the archive holds {cached.sheet.id}",
            fix=f"remove {cached.archive} and run again",
        )


def _identity(reference: str) -> str:
    """The digest of the configuration of an image in the daemon; empty where it has none."""
    with connected() as client:
        image = find(client, reference)
        return config_digest(client, image) if image else ""
