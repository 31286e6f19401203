"""The todo application's own images, built in a folder of the tests', and run as its pods run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from phaseline.core.errors import TimedOut
from phaseline.core.settings import Component
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build as build_images
from phaseline.operators.images.daemon import connected
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.model import load_images
from phaseline.operators.images.ownership import own_reference
from phaseline.operators.images.prepare import prepare
from phaseline.operators.images.trial import create

ROOT = Path(__file__).parents[3]
CLIENT = Path(__file__).with_name("slow_client.py")
_LEFT_OUT = shutil.ignore_patterns(
    "node_modules", ".wheelhouse", "dist", "__pycache__", "Dockerfile"
)


def build(root: Path) -> Context:
    """All images of the application, from a copy of its source."""
    for name in ("pipeline.yaml", "dockerfiles", "backend", "frontend", "database", "charts"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=_LEFT_OUT)
        else:
            shutil.copy2(ROOT / name, root / name)
    context = Context(Workspace(root))
    base_image(context)
    render_dockerfile(context)
    prepare(context)
    build_images(context)
    return context


@dataclass(frozen=True)
class Running:
    """A container of one component, started as T010 starts it."""

    container: Container
    component: Component

    def wait_for(self, words: str, seconds: float = 30) -> None:
        """Until its log holds `words`."""
        self._await(lambda: words in self.log(), words, seconds)

    def wait_until_healthy(self) -> None:
        """Until the image's own health check succeeds."""
        self._await(lambda: self.state()["Health"]["Status"] == "healthy", "healthy", 30)

    def log(self) -> str:
        return self.container.logs().decode()

    def state(self) -> dict[str, Any]:
        self.container.reload()
        state: dict[str, Any] = self.container.attrs["State"]
        return state

    @property
    def pid(self) -> int:
        """Its first process, as this machine numbers it: the daemon may count for itself."""
        for path in Path("/proc").glob("[0-9]*/cgroup"):
            try:
                if str(self.container.id) in path.read_text():
                    return int(path.parent.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
        raise TimedOut(f"{self.component.name} has no process", why=self.log())

    def client(self, *arguments: str, port: int | None = None) -> subprocess.Popen[str]:
        """A slow_client in its network, which reaches nothing else."""
        argv = ["nsenter", f"--net=/proc/{self.pid}/ns/net", sys.executable, str(CLIENT)]
        return subprocess.Popen(
            [*argv, str(port or self.component.port), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _await(self, met: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not met():
            if time.monotonic() > deadline or self.state()["Status"] == "exited":
                raise TimedOut(f"{self.component.name} is not {what!r}", why=self.log())
            time.sleep(0.05)


def start(context: Context, name: str, **changes: Any) -> Running:
    """Start the component called `name`; `changes` are laid over its `try_out`."""
    (component,) = (one for one in context.pipeline.components if one.name == name)
    assert component.try_out
    how = component.try_out.model_copy(update=changes)
    image = own_reference(context, load_images(context)[name])
    with connected() as client:
        container = create(client, f"{context.workspace.id}-test-{name}", image, component, how)
        container.start()
    return Running(container, component)
