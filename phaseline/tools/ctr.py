"""ctr: images of the node's containerd, reached through the node's own file system."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.process.command import Command
from phaseline.process.run import pipe, run
from phaseline.process.threads import each

_LAYER = "containerd.io/gc.ref.content.l."


@dataclass(frozen=True)
class Ctr:
    """The containerd that listens on `socket`, in the namespace that the kubelet uses."""

    socket: Path

    def command(self, *arguments: str, data: bool = False) -> Command:
        """A call to this containerd."""
        base = ("ctr", f"--address={self.socket}", "--namespace=k8s.io")
        return Command(argv=(*base, *arguments), timeout=600.0, data=data)

    def import_file(self, archive: Path) -> None:
        """Import every image of a docker-archive or OCI archive."""
        run(self.command("images", "import", "--no-unpack=false", str(archive)))

    def import_from(self, producer: Command) -> None:
        """Import the archive that `producer` writes, such as `docker save`."""
        pipe(producer, self.command("images", "import", "-"))

    def names(self) -> set[str]:
        """The names of all images, those by ID among them (`sha256:…`)."""
        return set(self._asked("images", "list", "--quiet").split())

    def sizes(self, layers: Sequence[str]) -> dict[str, int]:
        """The size in bytes of those of `layers` that are here in one image: that with the most.

        A manifest's references are labels of its content:
        https://github.com/containerd/containerd/blob/main/docs/garbage-collection.md
        """
        if not layers:
            return {}
        first = f'labels."{_LAYER}0"=={layers[0]}'
        rows = [row.split() for row in self._asked("content", "list", first).splitlines()[1:]]
        if not rows:
            return {}
        nearest = max(rows, key=lambda row: len(set(layers) & _referred(row[-1])))
        return {one["digest"]: one["size"] for one in self._manifest(nearest[0])["layers"]}

    def config_digests(self, names: Collection[str]) -> dict[str, str]:
        """The digest of each image's configuration: the image ID, as docker and CRI have it.

        What the node has no image of is left out.
        """
        rows = [row.split() for row in self._asked("images", "list").splitlines()[1:]]
        found = {row[0]: row[2] for row in rows if row[0] in names}
        manifests = each(self._manifest, list(found.values()))
        configs = (str(manifest["config"]["digest"]) for manifest in manifests)
        return dict(zip(found, configs, strict=True))

    def _manifest(self, digest: str) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self._asked("content", "get", digest))
        return manifest

    def _asked(self, *arguments: str) -> str:
        return run(self.command(*arguments, data=True)).stdout


def _referred(labels: str) -> set[str]:
    pairs = (label.partition("=") for label in labels.split(","))
    return {digest for name, _, digest in pairs if name.startswith(_LAYER)}
