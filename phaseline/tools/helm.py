"""helm 4: charts rendered and linted without a cluster, releases installed and asked about in one.

It keeps its files below a folder that it is given, never in the user's home, and waits for nothing
that it has applied: whoever waits says why it takes long, which helm does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from phaseline.core.errors import CommandFailed
from phaseline.core.workspace import Context
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import toolchain

KEPT_REVISIONS = 10
_NOT_FOUND = "release: not found"


class Status(StrEnum):
    """What a release, or one of its revisions, is in."""

    UNKNOWN = "unknown"
    DEPLOYED = "deployed"
    UNINSTALLED = "uninstalled"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLING = "uninstalling"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"

    @property
    def pending(self) -> bool:
        """An operation is under way, or was cut off: helm refuses another until it is undone."""
        return self.value.startswith("pending-")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Listed(_Answer):
    """A row of `helm list`: `chart` is name and version, `updated` is Go's form of a time."""

    name: str
    namespace: str
    revision: int  # a string in helm's JSON, here only
    updated: str
    status: Status
    chart: str
    app_version: str


class Revision(_Answer):
    """A row of `helm history`."""

    revision: int
    updated: datetime
    status: Status
    chart: str
    app_version: str
    description: str


_LISTED = TypeAdapter(list[Listed])
_REVISIONS = TypeAdapter(list[Revision])


@dataclass(frozen=True)
class Helm:
    """helm for one workspace.

    Attributes:
        program: the binary.
        home: the folder for its caches and settings.
        namespace: where its releases are.
        kubeconfig: the cluster; None for what needs none, which then can reach none.
    """

    program: Path
    home: Path
    namespace: str
    kubeconfig: Path | None = None

    @classmethod
    def of(cls, context: Context, kubeconfig: Path | None = None) -> Helm:
        """helm for a workspace's release, installed first if need be."""
        program = toolchain.ensure("helm").path
        return cls(program, context.state / "helm", context.pipeline.chart.namespace, kubeconfig)

    def command(self, *arguments: str, timeout: float = 30.0, data: bool = False) -> Command:
        """A call in this namespace, blind to the user's own settings and clusters."""
        env = {
            "HELM_CACHE_HOME": str(self.home / "cache"),
            "HELM_CONFIG_HOME": str(self.home / "config"),
            "HELM_DATA_HOME": str(self.home / "data"),
            "HELM_DRIVER": "secret",  # where `helm_release` looks
            "HELM_KUBECONTEXT": None,
            "HELM_NAMESPACE": None,
            "KUBECACHEDIR": str(self.home / "kube"),
            "KUBECONFIG": str(self.kubeconfig or "/dev/null"),
        }
        argv = (str(self.program), *arguments, f"--namespace={self.namespace}")
        return Command(argv=argv, env=env, timeout=timeout, data=data)

    def template(
        self, release: str, chart: Path, *values: Path, kubernetes: str | None = None
    ) -> Command:
        """Render `chart` as it would be for a cluster of version `kubernetes`."""
        flags = (*_files(values), *_version(kubernetes))
        return self.command("template", release, str(chart), *flags, data=True)

    def lint(self, chart: Path, *values: Path, kubernetes: str | None = None) -> Command:
        """Lint strictly: a warning is a failure."""
        return self.command(
            "lint", str(chart), "--strict", "--quiet", *_files(values), *_version(kubernetes)
        )

    def upgrade(
        self,
        release: str,
        chart: Path,
        *values: Path,
        settings: tuple[str, ...] = (),
        reuse: bool = False,
        description: str = "",
        timeout: float = 120.0,
    ) -> Command:
        """Install or upgrade by server-side apply, without waiting for what was applied.

        The chart wins over what others changed in its fields (`kubectl patch`, say): otherwise
        such a change makes every later upgrade fail. `timeout` is for hooks and the API, seconds.

        Args:
            settings: `path=value`, laid over the files.
            reuse: begin with the values of the release instead of the chart's alone.
        """
        said = (f"--description={description}",) if description else ()
        return self.command(
            "upgrade",
            release,
            str(chart),
            *_files(values),
            "--install",
            "--create-namespace",
            "--server-side=true",
            "--force-conflicts",
            # The server judges every field as it applies; the schema's download only takes time.
            "--disable-openapi-validation",
            "--reset-then-reuse-values" if reuse else "--reset-values",
            *(f"--set={one}" for one in settings),
            f"--history-max={KEPT_REVISIONS}",
            f"--timeout={timeout:.0f}s",
            *said,
            timeout=timeout + 10,
        )

    def rollback(self, release: str, revision: int = 0, *, timeout: float = 120.0) -> Command:
        """Go back to `revision`; 0 is the one before. It becomes a new revision."""
        flags = ("--server-side=true", "--force-conflicts", f"--history-max={KEPT_REVISIONS}")
        limit = f"--timeout={timeout:.0f}s"
        return self.command("rollback", release, str(revision), *flags, limit, timeout=timeout + 10)

    def uninstall(self, release: str, *, timeout: float = 120.0) -> Command:
        """Delete the release and its history; nothing happens if it is not there."""
        limit = f"--timeout={timeout:.0f}s"
        return self.command("uninstall", release, "--ignore-not-found", limit, timeout=timeout + 10)

    def releases(self) -> tuple[Listed, ...]:
        """The releases of the namespace, in whatever state they are."""
        listed = run(self.command("list", "--output=json", data=True)).stdout
        return tuple(_LISTED.validate_json(listed))

    def history(self, release: str) -> tuple[Revision, ...]:
        """The kept revisions, oldest first; none where there is no such release."""
        try:
            listed = run(self.command("history", release, "--output=json", data=True)).stdout
        except CommandFailed as error:
            if _NOT_FOUND not in error.why:
                raise
            return ()
        return tuple(_REVISIONS.validate_json(listed))


def _files(values: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(f"--values={path}" for path in values)


def _version(kubernetes: str | None) -> tuple[str, ...]:
    return (f"--kube-version={kubernetes}",) if kubernetes else ()
