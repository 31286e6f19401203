"""One checkout with its state folder, and the caches that all workspaces share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phaseline.core import plain
from phaseline.core.plain import cache_folder as cache_folder

if TYPE_CHECKING:  # pydantic takes longer to import than most commands take in all
    from phaseline.core.settings import Component, Pipeline, Role

NAME = "name"  # the file below the state folder that a replay writes
CHOSEN = "cluster/chosen"  # the file there that a cluster made by `--cluster` leaves


@dataclass(frozen=True)
class Workspace:
    """A checkout.

    Attributes:
        root: the folder that holds `pipeline.yaml`.
        asked: the provider that the command line names, in the words of `cluster.provider`; it
            stands above what `pipeline.yaml` names, and a cluster made with it keeps it.
    """

    root: Path
    asked: str = ""

    @cached_property
    def pipeline(self) -> Pipeline:
        """The validated settings; read once.

        Raises:
            InvalidConfiguration: `pipeline.yaml` or `--cluster` is absent or wrong.
        """
        from phaseline.core.load import load_pipeline, with_provider

        pipeline = load_pipeline(self.root)
        return with_provider(pipeline, self.named) if self.named else pipeline

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The same settings as plain values, which are quick to have; see `core.plain`.

        Raises:
            InvalidConfiguration: `pipeline.yaml` is absent or wrong.
        """
        settings = plain.read(self.root)
        if not self.named:
            return settings
        return {**settings, "cluster": {**settings["cluster"], "provider": self.named}}

    @cached_property
    def named(self) -> str:
        """The provider that `--cluster` names, now or when the cluster was made; "" for none."""
        return self.asked or self._kept(CHOSEN)

    @cached_property
    def state(self) -> Path:
        """Where this workspace keeps its records, logs and cluster."""
        return self.root / ".phaseline"

    @cached_property
    def id(self) -> str:
        """A name for what this workspace owns outside its folder; the same for the same path."""
        tail = hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:6]
        return f"{self.settings['application']}-{tail}"

    @cached_property
    def name(self) -> str:
        """What rendered files call this workspace: its id; in a replay's, that of the original."""
        return self._kept(NAME) or self.id

    def _kept(self, name: str) -> str:
        try:
            return (self.state / name).read_text().strip()
        except FileNotFoundError:
            return ""


@dataclass(frozen=True)
class Context:
    """What an operator is given: the workspace, and the components that its step is about.

    Attributes:
        given: these components; by default those of `role`, or all where there is no role.
    """

    workspace: Workspace
    given: tuple[Component, ...] | None = None
    role: Role | None = None

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The components, each after those that it needs."""
        return self.pipeline.of_role(self.role) if self.given is None else self.given

    @cached_property
    def parts(self) -> list[dict[str, Any]]:
        """The components as plain values, in the order of `pipeline.yaml`."""
        listed: list[dict[str, Any]] = self.workspace.settings["components"]
        if self.given is None:
            return [one for one in listed if self.role in (None, one["role"])]
        names = {one.name for one in self.given}
        return [one for one in listed if one["name"] in names]

    def of_role(self, role: Role | None) -> Context:
        """The context of the components of `role`, or of all; the same one each time."""
        if role not in self._of_role:
            self._of_role[role] = Context(self.workspace, role=role)
        return self._of_role[role]

    @cached_property
    def _of_role(self) -> dict[Role | None, Context]:
        return {}

    @property
    def pipeline(self) -> Pipeline:
        """The workspace's settings."""
        return self.workspace.pipeline

    @cached_property
    def state(self) -> Path:
        """The workspace's state folder."""
        return self.workspace.state
