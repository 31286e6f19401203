"""ctr: images of the node's containerd, reached through the node's own file system."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from phaseline.process.command import Command
from phaseline.process.run import pipe, run


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

    def config_digest(self, name: str) -> str:
        """The digest of an image's configuration: the image ID, as docker and CRI have it."""
        listed = self._asked("images", "list", f"name=={name}").splitlines()[1:]
        manifest = json.loads(self._asked("content", "get", listed[0].split()[2]))
        return str(manifest["config"]["digest"])

    def _asked(self, *arguments: str) -> str:
        return run(self.command(*arguments, data=True)).stdout
