"""ctr: images of the node's containerd, reached through the node's own file system."""

from __future__ import annotations

import json
import platform
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.core.errors import CommandFailed
from phaseline.process.command import Command
from phaseline.process.run import pipe, run

_LAYER = "containerd.io/gc.ref.content.l."
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


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

    def targets(self) -> dict[str, str]:
        """The digest of what each name stands for, the names by ID (`sha256:…`) among them."""
        rows = [row.split() for row in self._asked("images", "list").splitlines()[1:]]
        return {row[0]: row[2] for row in rows}

    def remove(self, names: Collection[str]) -> None:
        """Remove names; what no name stands for any more goes at once."""
        if names:
            run(self.command("images", "remove", "--sync", *sorted(names)))

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

        What the node has no image of is left out. The kubelet names every image by that digest
        too, soon after it came; only one that it has not heard of yet is looked into.
        """
        targets = self.targets()
        named = {one: name for name, one in targets.items() if name.startswith("sha256:")}
        found = {name: one for name, one in targets.items() if name in names}
        return {name: named.get(one) or self._config_digest(one) for name, one in found.items()}

    def _config_digest(self, manifest: str) -> str:
        return str(self._manifest(manifest)["config"]["digest"])

    def _manifest(self, digest: str) -> dict[str, Any]:
        """The manifest with this digest; of an index, that of its image for this machine.

        Format: https://github.com/opencontainers/image-spec/blob/main/image-index.md. What a
        builder adds of its own, such as provenance, is for a platform "unknown".
        """
        told: dict[str, Any] = json.loads(self._asked("content", "get", digest))
        while "manifests" in told:
            told = json.loads(self._asked("content", "get", _of_this_machine(digest, told)))
        return told

    def _asked(self, *arguments: str) -> str:
        return run(self.command(*arguments, data=True)).stdout


def _of_this_machine(name: str, index: dict[str, Any]) -> str:
    wanted = {"os": "linux", "architecture": _ARCHITECTURES.get(platform.machine(), "")}
    for one in index["manifests"]:
        if wanted.items() <= one.get("platform", wanted).items():
            return str(one["digest"])
    raise CommandFailed(f"the index {name} holds no image for {platform.machine()}")


def _referred(labels: str) -> set[str]:
    pairs = (label.partition("=") for label in labels.split(","))
    return {digest for name, _, digest in pairs if name.startswith(_LAYER)}
