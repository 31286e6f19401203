"""The labels of an image: what it is and what it was made from, the same for the same inputs.

Names: the OCI image specification, annotations.md. None of the values tells when, where or from
which commit an image was built, or each build would be another image.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from phaseline.core.files import digest_file, digest_text
from phaseline.core.settings import Build, Component
from phaseline.core.workspace import Context
from phaseline.operators.images.dockerfile import path_of
from phaseline.operators.images.model import BaseImage

PREFIX = "org.opencontainers.image."
APPLICATION = "io.phaseline.application"
_MADE = frozenset({"__pycache__", "node_modules", ".git", ".phaseline", ".venv"})


def labels(context: Context, component: Component, base: BaseImage | None) -> dict[str, str]:
    """The labels that the image of `component` gets; one without a value is left out."""
    assert component.build
    about = context.pipeline.about
    given = {
        "title": component.name,
        "description": f"The {component.role} of {context.pipeline.application}",
        "version": about.version,
        "licenses": about.licenses,
        "source": about.source,
        "revision": revision(context, component.build),
        **_of_base(context, component.build, base),
    }
    named = {f"{PREFIX}{name}": value for name, value in given.items() if value}
    return {APPLICATION: context.pipeline.application, **named}


def options(context: Context, component: Component, base: BaseImage | None) -> tuple[str, ...]:
    """The labels as options of `docker build`."""
    return tuple(f"--label={k}={v}" for k, v in labels(context, component, base).items())


def wanted(component: Component) -> tuple[str, ...]:
    """The labels that an image of `component` has to have."""
    names = ["title", "revision", "version", "licenses", "source"]
    if component.build and component.build.base:
        names += ["base.name", "base.digest"]
    return tuple(f"{PREFIX}{name}" for name in names)


def revision(context: Context, build: Build) -> str:
    """The digest of all that the component is built from, by path, and of its Dockerfile.

    Not the commit: each one, also of a document, would make every image another one.
    """
    folder = context.workspace.root / build.folder
    files = {str(path.relative_to(folder)): path for path in _sources(folder, build)}
    files["Dockerfile"] = path_of(context, build)
    pairs = (part for name in sorted(files) for part in (name, digest_file(files[name])))
    return f"sha256:{digest_text(*pairs)}"


def _sources(folder: Path, build: Build) -> Iterator[Path]:
    made = folder / build.prepare.output if build.prepare else None
    for pattern in (*build.sources, ".dockerignore"):
        for path in folder.glob(pattern):
            inside = path.relative_to(folder).parts
            if path.is_file() and _MADE.isdisjoint(inside) and made not in path.parents:
                yield path


def _of_base(context: Context, build: Build, base: BaseImage | None) -> dict[str, str]:
    if base is None or build.base is None:
        return {}
    if base.route == "packages":  # of an image without a manifest, the ID is the digest
        return {"base.name": base.reference, "base.digest": base.id}
    name, _, digest = context.pipeline.bases[build.base].upstream.partition("@")
    return {"base.name": name, "base.digest": digest}
