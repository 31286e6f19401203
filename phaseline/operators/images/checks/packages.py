"""Packages by what their managers leave in an image: Debian's status, dist-info, package.json.

Formats: deb-control(5); core metadata of the Python Packaging Authority; npm's package.json; and
the list that Vite writes of what it has bundled (`build.license`, .vite/license.json).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Literal

Kind = Literal["deb", "pypi", "npm"]

_STATUS = re.compile(r"/var/lib/dpkg/(?:status|status\.d/[^/]+)")
_PYTHON = re.compile(r".*\.(?:dist-info/METADATA|egg-info/PKG-INFO)")
_NPM = re.compile(r".*/node_modules/(?:@[^/]+/)?[^/]+/package\.json")
_BUNDLED = re.compile(r".*/\.vite/license\.json")


@dataclass(frozen=True, order=True, kw_only=True)
class Package:
    """One package.

    Attributes:
        source: the source package that a Debian package was built from; empty for the others.
        license: as the package itself tells it.
        evidence: the file of the image that says so.
    """

    kind: Kind
    name: str
    version: str
    source: str = ""
    license: str = ""
    evidence: str = ""


def tells(path: str) -> bool:
    """Whether the file at `path` (absolute) speaks of packages."""
    return any(one.fullmatch(path) for one in (_STATUS, _PYTHON, _NPM, _BUNDLED))


def told(path: str, content: bytes) -> list[Package]:
    """The packages that the file at `path` speaks of; none where it cannot be read."""
    text = content.decode(errors="replace")
    try:
        if _STATUS.fullmatch(path):
            return list(_debian(path, text))
        if _PYTHON.fullmatch(path):
            return list(_python(path, text))
        return list(_bundled(path, text) if _BUNDLED.fullmatch(path) else _npm(path, text))
    except (ValueError, TypeError, AttributeError):
        return []  # not what its name says


def _debian(path: str, text: str) -> Iterator[Package]:
    for stanza in re.split(r"\n\s*\n", text):
        fields = HeaderParser().parsestr(stanza.strip() + "\n")
        name, version = fields.get("Package"), fields.get("Version")
        if name and version:
            # `Source: NAME (VERSION)` where the two differ
            source = str(fields.get("Source") or name).partition(" ")[0]
            yield Package(kind="deb", name=name, version=version, source=source, evidence=path)


def _python(path: str, text: str) -> Iterator[Package]:
    fields = HeaderParser().parsestr(text.partition("\n\n")[0] + "\n")
    name, version = fields.get("Name"), fields.get("Version")
    if name and version:
        license = str(fields.get("License-Expression") or _short(fields.get("License")))
        name = re.sub(r"[-_.]+", "-", name).lower()  # as the index normalizes it
        yield Package(kind="pypi", name=name, version=version, license=license, evidence=path)


def _short(license: str | None) -> str:
    """A license's name; some put its whole text there."""
    return license if license and "\n" not in license and len(license) < 80 else ""


def _npm(path: str, text: str) -> Iterator[Package]:
    content = json.loads(text)
    if isinstance(content.get("name"), str) and isinstance(content.get("version"), str):
        license = content.get("license")
        yield Package(
            kind="npm",
            name=content["name"],
            version=content["version"],
            license=license if isinstance(license, str) else "",
            evidence=path,
        )


def _bundled(path: str, text: str) -> Iterator[Package]:
    for one in json.loads(text):
        yield Package(
            kind="npm",
            name=str(one["name"]),
            version=str(one["version"]),
            license=str(one.get("identifier") or ""),
            evidence=path,
        )
