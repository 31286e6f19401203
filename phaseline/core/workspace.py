"""One checkout with its state folder, and the caches that all workspaces share."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from phaseline.core.load import load_pipeline
from phaseline.core.settings import Component, Pipeline

NAME = "name"  # the file below the state folder that a replay writes


@dataclass(frozen=True)
class Workspace:
    """A checkout. `root` is the folder that holds `pipeline.yaml`."""

    root: Path

    @cached_property
    def pipeline(self) -> Pipeline:
        """The validated settings; read once.

        Raises:
            InvalidConfiguration: `pipeline.yaml` is absent or wrong.
        """
        return load_pipeline(self.root)

    @property
    def state(self) -> Path:
        """Where this workspace keeps its records, logs and cluster."""
        return self.root / ".phaseline"

    @cached_property
    def id(self) -> str:
        """A name for what this workspace owns outside its folder; the same for the same path."""
        tail = hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:6]
        return f"{self.pipeline.application}-{tail}"

    @cached_property
    def name(self) -> str:
        """What rendered files call this workspace: its id; in a replay's, that of the original."""
        try:
            return (self.state / NAME).read_text().strip()
        except FileNotFoundError:
            return self.id


@dataclass(frozen=True)
class Context:
    """What an operator is given: the workspace, and the components that its step is about."""

    workspace: Workspace
    components: tuple[Component, ...] = ()

    @property
    def pipeline(self) -> Pipeline:
        """The workspace's settings."""
        return self.workspace.pipeline

    @property
    def state(self) -> Path:
        """The workspace's state folder."""
        return self.workspace.state


def cache_folder() -> Path:
    """The user's cache of tools, wheels and base images: `$XDG_CACHE_HOME/phaseline`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "phaseline"
