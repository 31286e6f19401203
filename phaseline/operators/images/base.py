"""T007: base images, upstream where a registry answers, else made from Debian packages."""

from __future__ import annotations

from phaseline.core.errors import CommandFailed
from phaseline.core.report import Report
from phaseline.core.settings import Base
from phaseline.core.workspace import Context
from phaseline.operators.images import debian
from phaseline.operators.images.daemon import connected, find
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
    identity = _identity(reference)
    image = BaseImage(name=name, reference=reference, id=identity, route="upstream")
    return image, f"pulled {base.upstream}, whose registry answers"


def _load(name: str, base: Base, obstacle: str) -> tuple[BaseImage, str]:
    cached = debian.make(name, base, purpose=obstacle)
    with connected() as client:
        present = find(client, cached.sheet.id)
        if present is None or cached.reference not in present.tags:
            with pulse(f"loads base {name} into Docker"):
                run(docker.command("load", "--input", str(cached.archive), timeout=120.0))
    identity = _identity(cached.reference)
    if identity != cached.sheet.id:
        raise CommandFailed(
            f"the daemon loaded another image than {cached.archive}",
            why=f"it says {identity}, the archive holds {cached.sheet.id}",
            fix=f"remove {cached.archive} and run again",
        )
    day = cached.sheet.made.partition("T")[0]
    count = len(cached.sheet.packages)
    image = BaseImage(
        name=name,
        reference=cached.reference,
        id=identity,
        route="packages",
        packages=cached.sheet.packages,
    )
    return image, f"made from {count} Debian packages on {day}, for {obstacle}"


def _identity(reference: str) -> str:
    with connected() as client:
        image = find(client, reference)
    if image is None or image.id is None:
        raise CommandFailed(f"the daemon took {reference} and does not have it")
    return image.id
