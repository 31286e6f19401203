"""ctr: images of the node's containerd, reached through the node's own file system."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.process.command import Command
from phaseline.process.run import pipe, run
from phaseline.process.threads import each


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

    def layers(self, repository: str) -> dict[str, int]:
        """The size in bytes of each layer of the images whose names begin with `repository`."""
        rows = [row.split() for row in self._asked("images", "list").splitlines()[1:]]
        known = sorted({row[2] for row in rows if row[0].startswith(f"{repository}:")})
        manifests = each(self._manifest, known)
        return {one["digest"]: one["size"] for manifest in manifests for one in manifest["layers"]}

    def config_digest(self, name: str) -> str:
        """The digest of an image's configuration: the image ID, as docker and CRI have it."""
        listed = self._asked("images", "list", f"name=={name}").splitlines()[1:]
        return str(self._manifest(listed[0].split()[2])["config"]["digest"])

    def _manifest(self, digest: str) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self._asked("content", "get", digest))
        return manifest

    def _asked(self, *arguments: str) -> str:
        return run(self.command(*arguments, data=True)).stdout
