"""An edit brought to the cluster without us: docker, containerd and Helm, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from benchmarks.deploy import Checkout
from phaseline.core.workspace import Context
from phaseline.operators.charts.rendering import chart_folder
from phaseline.operators.clusters import access
from phaseline.operators.clusters.model import kubeconfig
from phaseline.operators.images.model import BuiltImage, require_image
from phaseline.process.run import run
from phaseline.tools import docker
from phaseline.tools.helm import Helm

_LIMIT = 120.0


@dataclass
class Plain:
    """The backend's image, built and deployed by hand as it were."""

    context: Context
    built: BuiltImage
    made: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    @contextmanager
    def of(cls, copy: Checkout) -> Iterator[Self]:
        """For a checkout that is deployed; the images are removed from the daemon at the end."""
        context = copy.context()
        plain = cls(context, require_image(context, "backend"))
        try:
            yield plain
        finally:
            run(docker.command("image", "rm", "--force", *plain.made))

    def update(self) -> None:
        """Build what is in the checkout, load it, and upgrade the release to it."""
        tag = f"plain-{next(self.numbers)}"
        reference = f"{self.built.repository}:{tag}"
        self.made.append(reference)
        folder = self.context.workspace.root / "backend"
        build = ("build", "--quiet", "--network=none", f"--build-arg=BASE={self.built.base}")
        run(docker.command(*build, f"--tag={reference}", str(folder), timeout=_LIMIT))
        access.node_images(self.context).import_from(docker.command("save", reference))
        chart, helm = self.context.pipeline.chart, Helm.of(self.context, kubeconfig(self.context))
        values = ("--wait", "--reuse-values", f"--set=backend.image.tag={tag}")
        place = (chart.release, str(chart_folder(self.context)))
        run(helm.command("upgrade", *place, *values, timeout=_LIMIT))
