"""Builds from the pinned Go modules below `kubernetes/`; go.sum verifies every module."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from phaseline.core.errors import Unreachable
from phaseline.core.files import digest_file, digest_text, locked
from phaseline.core.workspace import cache_folder
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.run import attempt, run
from phaseline.tools.downloads import require_reachable
from phaseline.tools.heartbeat import heartbeat
from phaseline.tools.model import Recipe

MODULES = Path(__file__).parents[2] / "kubernetes"
_DOWNLOAD = "go: downloading "
_PINS = ("go.mod", "go.sum")
_ROOMY = 8 * 2**30
_LONGEST_WAIT = 2400.0


def digest(recipe: Recipe) -> str:
    """sha256 over the recipe and all that it builds from."""
    folder = MODULES / recipe.module
    files = sorted(path for path in folder.rglob("*") if _is_built(path))
    names = (f"{path.relative_to(folder)} {digest_file(path)}" for path in files)
    return digest_text(repr(recipe), *names)


def _is_built(path: Path) -> bool:
    source = path.suffix == ".go" and not path.name.endswith("_test.go")
    return source or path.name in _PINS


def available(recipe: Recipe) -> str:
    """Why nothing can be built here; empty when the module is there."""
    folder = MODULES / recipe.module
    return "" if (folder / "go.mod").is_file() else f"there is no Go module in {folder}"


def build(go: Path, recipe: Recipe, into: Path, *, own: bool) -> None:
    """Build `recipe` with the program `go` into the folder `into`, with its links.

    Args:
        own: `go` is ours, not the machine's: its modules go to our cache.

    Raises:
        Unreachable: modules are missing and no module proxy answers.
        CommandFailed: Go refuses; TimedOut: it took longer than half an hour.
        LockHeld: another build has not ended in 40 minutes.
    """
    builder = _Builder(go, recipe, own)
    total = builder.resolve()
    with _alone(recipe.binary):
        builder.compile(into, total)
    for name in recipe.links:
        (into / name).symlink_to(recipe.binary)


def _alone(binary: str) -> AbstractContextManager[object]:
    """One build at a time: each uses every core, and what two share they would compile twice."""

    def waiting(holder: str) -> None:
        journal.progress(f"waiting to build {binary}: {holder} comes first")

    lock = cache_folder() / "go" / ".building"
    return locked(lock, f"building {binary}", wait_seconds=_LONGEST_WAIT, waiting=waiting)


class _Builder:
    def __init__(self, go: Path, recipe: Recipe, own: bool) -> None:
        self.go, self.recipe = go, recipe
        self.env = environment(os.environ, own)
        self.seen = 0

    def resolve(self) -> int:
        """Fetch the modules that are missing; the number of packages to compile."""
        offline = attempt(self._list(60.0, GOPROXY="off"))
        if offline.code == 0:
            return len(offline.stdout.split())
        self._require_proxy()
        self.seen = 0
        with heartbeat(lambda seconds: f"downloading Go modules: {self.seen}, {seconds:.0f} s"):
            listed = run(self._list(600.0), on_line=self._count(_DOWNLOAD))
        return len(listed.stdout.split())

    def compile(self, into: Path, total: int) -> None:
        """Run `go build`; its `-v` names each package as it is compiled."""
        name = self.recipe.binary
        flags = " ".join(f"-X {key}={value}" for key, value in self.recipe.variables.items())
        argv = (
            str(self.go), "build", "-v", "-trimpath", f"-ldflags=-s -w {flags}".rstrip(),
            "-o", str(into / name), self.recipe.package,
        )  # fmt: skip
        self.seen = 0

        def describe(seconds: float) -> str:
            return f"building {name}: {self.seen} packages compiled of {total}, {seconds:.0f} s"

        with heartbeat(describe):
            run(self._command(argv, 1800.0), on_line=self._count(""))

    def _count(self, prefix: str) -> Callable[[str], None]:
        def count(line: str) -> None:
            self.seen += line.startswith(prefix)

        return count

    def _list(self, timeout: float, **env: str) -> Command:
        argv = (str(self.go), "list", "-deps", "-f", "{{.ImportPath}}", self.recipe.package)
        return self._command(argv, timeout, **env)

    def _command(self, argv: tuple[str, ...], timeout: float, **env: str) -> Command:
        folder = MODULES / self.recipe.module
        return Command(argv=argv, cwd=folder, timeout=timeout, env={**self.env, **env})

    def _require_proxy(self) -> None:
        setting = run(self._command((str(self.go), "env", "GOPROXY"), 15.0)).stdout.strip()
        proxies = [entry for entry in setting.replace("|", ",").split(",") if "://" in entry]
        reasons = []
        for proxy in proxies:
            try:
                return require_reachable(proxy, any_answer=True)
            except Unreachable as error:
                reasons.append(f"{error.what}: {error.why}")
        if proxies:
            raise Unreachable("no Go module proxy can be reached", why="; ".join(reasons))
        return None


def environment(user: Mapping[str, str], own: bool) -> dict[str, str]:
    """What Go is told beyond the user's own settings, which stay: proxy, checksum database."""
    import psutil

    told = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false -mod=readonly",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    if not user.get("GOGC") and psutil.virtual_memory().total >= _ROOMY:
        # Collecting less often takes a fifth off the compiler's work, for the same bytes.
        told |= {"GOGC": "400", "GOMEMLIMIT": "2GiB"}
    if own and not user.get("GOPATH") and not user.get("GOMODCACHE"):
        # Nobody's Go is here: its modules would otherwise land in a folder ~/go.
        told["GOMODCACHE"] = str(cache_folder() / "go" / "modules")
        told["GOFLAGS"] += " -modcacherw"  # so that the cache can be deleted like any other
    return told
