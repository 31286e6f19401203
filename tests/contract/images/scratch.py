"""A workspace with one small Python program as its application."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from phaseline.core.workspace import Context, Workspace

# The smallest Python that runs; made once, then taken from the user's cache.
PYTHON = {
    "upstream": f"registry.invalid/python@sha256:{'0' * 64}",
    "packages": ["python3-minimal"],
    "keep_out": ["/bin/*", "/sbin/*", "/usr/bin/*", "/usr/sbin/*", "/usr/share/*", "/etc/init.d/*"],
    "keep": ["/usr/bin/python3*"],
}
DOCKERFILE = """\
ARG BASE
FROM ${BASE}
COPY main.py /main.py
USER {{ user }}:{{ user }}
EXPOSE {{ port }}
HEALTHCHECK CMD ["python3", "-c", "pass"]
ENTRYPOINT ["python3", "-u", "/main.py"]
"""
PROGRAM = """\
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("works")
signal.pause()
"""


@dataclass(frozen=True)
class Scratch:
    """The folder of a workspace and ways to change what is in it."""

    root: Path

    def write(
        self, *, program: str = PROGRAM, dockerfile: str = DOCKERFILE, **component: Any
    ) -> Context:
        """Lay the application out and return a context of all its components."""
        (self.root / "app").mkdir(exist_ok=True)
        (self.root / "chart").mkdir(exist_ok=True)
        (self.root / "app/main.py").write_text(textwrap.dedent(program))
        (self.root / "app.Dockerfile.j2").write_text(dockerfile)
        build = {"folder": "app", "dockerfile": "app.Dockerfile.j2", "base": "python"}
        app = {
            "name": "app",
            "role": "backend",
            "build": build,
            "values": "app.image",
            "port": 8000,
            "size_mb": 60,
            "try_out": {"logs": "works"},
        }
        content = {
            "version": 1,
            "application": "scratch",
            "about": {"version": "1", "licenses": "MIT", "source": "https://scratch.invalid"},
            "components": [{**app, **component}],
            "bases": {"python": PYTHON},
            "chart": {"folder": "chart", "release": "scratch", "namespace": "scratch"},
        }
        (self.root / "pipeline.yaml").write_text(yaml.safe_dump(content))
        return self.context()

    def context(self) -> Context:
        """A context of all components, the settings read anew."""
        workspace = Workspace(self.root)
        return Context(workspace, workspace.pipeline.components)
