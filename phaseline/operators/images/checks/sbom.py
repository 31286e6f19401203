"""An image's bill of materials, from its own content: CycloneDX 1.6, the same for the same image.

Specification: https://cyclonedx.org/docs/1.6/json/. Names of packages: the package-url type
definitions; `upstream` names the source package that a Debian package was built from. The serial
number comes from the image's ID, and there is no time: neither tells when it was written.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.core.files import write_atomic
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.images.checks.packages import Package
from phaseline.operators.images.checks.survey import Survey
from phaseline.operators.images.model import folder

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component as Part
    from packageurl import PackageURL

# Of Debian, which all our base images are made from.
_DISTRO = "debian-12"
_NAMESPACE = uuid.UUID("7ffb9bd2-2ee9-5b4c-8bd6-4f5e3c3a1c2e")


def place_of(context: Context, component: str) -> Path:
    """Where the bill of materials of a component's image lies."""
    return folder(context) / "sbom" / f"{component}.cdx.json"


def keep_sbom(context: Context, component: Component, image: Survey) -> None:
    """Write the bill of materials of the component's image."""
    version = context.pipeline.about.version
    text = written(f"{context.pipeline.application}/{component.name}", version, image)
    write_atomic(place_of(context, component.name), text)


def written(name: str, version: str, image: Survey) -> str:
    """The bill of materials of `image`, called `name`, as JSON."""
    from cyclonedx.output.json import JsonV1Dot6

    return str(JsonV1Dot6(_bom(name, version, image)).output_as_string(indent=2)) + "\n"


def purl_of(package: Package, architecture: str) -> PackageURL:
    """The package's name that every scanner knows."""
    from packageurl import PackageURL

    if package.kind == "deb":
        qualifiers = {"arch": architecture, "distro": _DISTRO}
        if package.source != package.name:
            qualifiers["upstream"] = package.source
        return PackageURL("deb", "debian", package.name, package.version, qualifiers)
    namespace, _, name = package.name.rpartition("/")  # an npm scope
    return PackageURL(package.kind, namespace or None, name, package.version)


def _bom(name: str, version: str, image: Survey) -> Bom:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component as Part
    from cyclonedx.model.component import ComponentType

    whole = Part(name=name, type=ComponentType.CONTAINER, version=version, bom_ref=image.id)
    bom = Bom(
        components=[_part(one, image.architecture) for one in image.packages],
        serial_number=uuid.uuid5(_NAMESPACE, image.id),
    )
    bom.metadata.component = whole
    bom.register_dependency(whole, bom.components)
    bom.metadata.timestamp = None  # type: ignore[assignment]  # the schema lets it be absent
    return bom


def _part(package: Package, architecture: str) -> Part:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component as Part
    from cyclonedx.model.component import ComponentType
    from cyclonedx.model.license import DisjunctiveLicense

    purl = purl_of(package, architecture)
    return Part(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=f"{purl.to_string()}#{package.evidence}",
        licenses=[DisjunctiveLicense(name=package.license)] if package.license else [],
        properties=[Property(name="phaseline:evidence", value=package.evidence)],
    )
