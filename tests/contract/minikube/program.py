"""A stand-in for minikube: it answers as a real one, v1.38.1, was recorded to (recorded.json).

It keeps one profile in a folder: whether it is there and runs, its images, its addons. A file
`faults.json` there tells which verb is answered with which recording instead.
"""

from __future__ import annotations

import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded.json")


def main(folder: Path, words: list[str]) -> int:
    """Answer one call."""
    profile = next((w.partition("=")[2] for w in words if w.startswith("--profile=")), "minikube")
    verbs = [word for word in words if not word.startswith("-")]
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    return Program(folder, profile).answer(verbs)


class Program:
    """What it keeps of one profile, and how it answers."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder, self.profile = folder, profile
        self.recorded: dict[str, Any] = json.loads(RECORDED.read_text())
        self.faults = self._read(folder / "faults.json")
        self.state = self._read(folder / f"{profile}.json")

    def answer(self, verbs: list[str]) -> int:
        """Print what was recorded for what is asked in this state; returns the exit code."""
        verb = " ".join(verbs[:2]) if verbs[0] in ("image", "addons") else verbs[0]
        if fault := self.faults.get(verb):
            return self._say(fault)
        method = getattr(self, f"_{verb.replace(' ', '_')}")
        code: int = method(*verbs[len(verb.split()) :])
        (self.folder / f"{self.profile}.json").write_text(json.dumps(self.state))
        return code

    def _version(self) -> int:
        return self._say("version-short")

    def _start(self) -> int:
        known = json.loads(self.recorded["image-ls-json"]["stdout"])
        images = {tag: one["id"] for one in known for tag in one["repoTags"]}
        self.state = {"images": images, "addons": [], **self.state, "running": True}
        config = Path(os.environ["KUBECONFIG"])
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"current-context: {self.profile}\n")
        return self._say("start-json")

    def _stop(self) -> int:
        if not self.state:
            return self._say("service-url-nonexistent-profile")
        self.state["running"] = False
        return self._say("stop-json")

    def _delete(self) -> int:
        self.state = {}
        return self._say("delete-json")

    def _status(self) -> int:
        return self._of_state("status-running-json", "status-stopped-json", "status-nonexistent-p")

    def _ip(self) -> int:
        return self._of_state("ip", "ip-stopped", "ip-nonexistent")

    def _service(self, name: str) -> int:
        recorded = ("service-url", "service-url-stopped", "service-url-nonexistent-profile")
        return self._of_state(*recorded)

    def _image_ls(self) -> int:
        if not self.state.get("running"):
            return self._say("image-ls-stopped")
        listed = [{"id": i, "repoTags": [t]} for t, i in self.state["images"].items()]
        sys.stdout.write(json.dumps(listed))
        return 0

    def _image_load(self, archive: str) -> int:
        if not self.state:
            return self._say("image-load-nonexistent-profile")
        if self.state["running"] and Path(archive).exists():
            with tarfile.open(archive) as content:
                member = content.extractfile("manifest.json")
                assert member
                (told,) = json.load(member)
            for tag in told["RepoTags"]:
                first = tag.partition("/")[0]
                named = "." in first or ":" in first or first == "localhost"
                digest = told["Config"].removesuffix(".json")
                self.state["images"][tag if named else f"docker.io/{tag}"] = f"sha256:{digest}"
        return self._say("image-load-tar")

    def _addons_enable(self, name: str) -> int:
        if name not in json.loads(self.recorded["addons-list"]["stdout"]):
            return self._say("addons-enable-bogus")
        self.state["addons"].append(name)
        return self._say("addons-enable-metrics-server")

    def _addons_list(self) -> int:
        told = json.loads(self.recorded["addons-list"]["stdout"])
        for name in self.state["addons"]:
            told[name]["Status"] = "enabled"
        sys.stdout.write(json.dumps(told))
        return 0

    def _of_state(self, running: str, stopped: str, absent: str) -> int:
        if not self.state:
            return self._say(absent)
        return self._say(running if self.state["running"] else stopped)

    def _say(self, name: str) -> int:
        one = self.recorded[name]
        sys.stdout.write(one["stdout"].replace("minikube/minikube", self.profile))
        sys.stderr.write(one["stderr"])
        return int(one["code"])

    @staticmethod
    def _read(path: Path) -> dict[str, Any]:
        return dict(json.loads(path.read_text())) if path.exists() else {}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
