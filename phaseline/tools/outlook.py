"""What `invoke doctor` tells of the tools, before anything is fetched."""

from __future__ import annotations

from dataclasses import dataclass

from phaseline.tools.model import Tool
from phaseline.tools.toolchain import Installed, find, locate, origins

NEEDED = ("kubernetes", "helm", "kubectl", "docker", "node", "hadolint")


@dataclass(frozen=True)
class Outlook:
    """One tool: where it is, or from where it will come.

    Attributes:
        found: it is on this machine, and fetching is not needed.
        comes_from: the first source that can serve, with its size or time; empty for none.
        obstacles: why earlier sources cannot.
    """

    name: str
    version: str
    found: Installed | None
    comes_from: str = ""
    obstacles: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.found:
            return f"{self.name} {self.found.version}: {self.found.path} ({self.found.source})"
        if self.comes_from:
            return f"{self.name} {self.version}: will come from {self.comes_from}"
        return f"{self.name} {self.version}: not to be had: {'; '.join(self.obstacles)}"


def plan(names: tuple[str, ...] = NEEDED) -> list[Outlook]:
    """An outlook for each tool; asks release sites for no more than a head, each once."""
    return [look(name) for name in names]


def look(name: str, version: str | None = None) -> Outlook:
    """The outlook for one tool, at another `version` than the catalogue's if one is given.

    Raises:
        InvalidConfiguration: the version cannot be had: the tool has no releases.
    """
    return _outlook(find(name, version))


def _outlook(tool: Tool) -> Outlook:
    if found := locate(tool.name, tool.version):
        return Outlook(tool.name, tool.version, found)
    if tool.part_of:
        return Outlook(tool.name, tool.version, None, f"{tool.part_of}, which brings it")
    if tool.package:
        return Outlook(tool.name, tool.version, None, f"the system package {tool.package}")
    obstacles: list[str] = []
    for origin in origins(tool):
        obstacle = origin.obstacle()
        if not obstacle:
            title = f"{origin.title} ({origin.estimate})"
            return Outlook(tool.name, tool.version, None, title, tuple(obstacles))
        obstacles.append(f"{origin.title}: {obstacle}")
    return Outlook(tool.name, tool.version, None, "", tuple(obstacles))
