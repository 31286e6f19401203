"""T007: what an image needs and a build without a network cannot fetch: wheels, a built page."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path

from phaseline.core.errors import CheckFailed, CommandFailed, Unreachable
from phaseline.core.files import digest_text, locked, write_atomic, write_json
from phaseline.core.report import Report
from phaseline.core.settings import Component, Npm, Wheels
from phaseline.core.workspace import Context, cache_folder
from phaseline.operators.images.draft import draft
from phaseline.operators.images.model import folder as records
from phaseline.operators.images.pulse import pulse
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import npm, pip, toolchain


def prepare(context: Context) -> Report:
    """Fetch the wheels or build the page of each component that asks for it.

    Raises:
        Unreachable: packages are not cached and cannot be fetched.
        CommandFailed: the page does not build.
        CheckFailed: it built to nothing.
    """
    done = [_prepare(context, component) for component in context.components]
    return Report(summary=", ".join(filter(None, done)) or "nothing to prepare")


def _prepare(context: Context, component: Component) -> str:
    build = component.build
    if build is None or build.prepare is None:
        return ""
    folder = context.workspace.root / build.folder
    if isinstance(build.prepare, Wheels):
        return _wheels(component.name, folder, build.prepare, records(context))
    return _page(component.name, folder, build.prepare)


def _wheels(name: str, folder: Path, wanted: Wheels, aside: Path) -> str:
    cache = cache_folder() / "wheels"
    lock = (folder / wanted.lock).read_text()
    key = digest_text(lock, pip.installer_lock(), pip.PYTHON, platform.machine())
    listing = cache / f"{key[:16]}.json"
    with locked(cache / ".lock", "fetch wheels", wait_seconds=600.0, waiting=_wait):
        names = _listed(cache, listing)
        if not names:
            names = _fetch(name, cache, [lock, pip.installer_lock()])
            write_json(listing, names)
        with draft(aside / f"{name}.draft") as place:
            _lay_out([cache / wheel for wheel in names], folder / wanted.output, place)
    return f"{len(names)} wheels in {folder.name}/{wanted.output}"


def _wait(holder: str) -> None:
    journal.progress(f"waits for {holder}")


def _listed(cache: Path, listing: Path) -> list[str]:
    """The wheels that an earlier fetch of the same lock put into the cache; [] if one is gone."""
    names: list[str] = json.loads(listing.read_text()) if listing.exists() else []
    return names if all((cache / name).exists() for name in names) else []


def _fetch(name: str, cache: Path, locks: list[str]) -> list[str]:
    with draft(cache / ".fetch") as folder:
        for number, content in enumerate(locks):
            lock = write_atomic(folder / f"{number}.lock", content)
            command = pip.download(lock, folder / "wheels", machine=platform.machine(), known=cache)
            _download(name, command)
        wheels = sorted((folder / "wheels").glob("*.whl"))
        for wheel in wheels:
            wheel.replace(cache / wheel.name)
    return [wheel.name for wheel in wheels]


def _download(name: str, command: Command) -> None:
    tell = journal.current().progress  # lines come from threads that have no journal
    with pulse(f"fetches the wheels of {name}"):
        try:
            run(command, lambda line: tell(f"{name}: {line.strip()[:100]}"))
        except CommandFailed as error:
            raise Unreachable(
                f"the Python packages of {name} cannot be fetched",
                why=error.why,
                fix="see that the package index answers and that the lock names what it has",
            ) from error


def _lay_out(wheels: list[Path], target: Path, place: Path) -> None:
    """Make `target` hold exactly `wheels`; it is at any instant absent or whole."""
    whole = place / "whole"
    whole.mkdir()
    for wheel in wheels:
        shutil.copy2(wheel, whole / wheel.name)
    if target.exists():
        target.replace(place / "old")
    whole.replace(target)


def _page(name: str, folder: Path, wanted: Npm) -> str:
    programs = toolchain.ensure("node").path
    _install(name, folder, programs)
    with pulse(f"builds the page of {name}"):
        run(npm.run_script(folder, programs, wanted.script))
    files = [path for path in (folder / wanted.output).rglob("*") if path.is_file()]
    if not any(path.stat().st_size for path in files):
        raise CheckFailed(
            f"the page of {name} is empty",
            why=f"`npm run {wanted.script}` left nothing in {folder.name}/{wanted.output}",
            fix="correct the script, or `output` in pipeline.yaml",
        )
    return f"{len(files)} files in {folder.name}/{wanted.output}"


def _install(name: str, folder: Path, programs: Path) -> None:
    """`npm ci`, unless the installed packages are those of the lock and the manifest."""
    manifests = [(folder / file).read_text() for file in ("package.json", "package-lock.json")]
    key, stamp = digest_text(*manifests, str(programs)), folder / "node_modules" / ".phaseline"
    if stamp.exists() and stamp.read_text() == key:
        return
    with pulse(f"installs the npm packages of {name}"):
        try:
            run(npm.install(folder, programs))
        except CommandFailed as error:
            raise Unreachable(
                f"the npm packages of {name} cannot be installed",
                why=error.why,
                fix="see that the package registry answers and that package-lock.json fits",
            ) from error
    write_atomic(stamp, key)
