"""pip: locked requirements as wheels for the image's Python, whatever Python runs here."""

from __future__ import annotations

import sys
from pathlib import Path

from phaseline.process.command import Command

# pip itself, for installing inside an image whose base has none.
INSTALLER = "pip==26.3"
INSTALLER_WHEEL = "pip-26.3-py3-none-any.whl"
INSTALLER_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"

PYTHON = "3.11"
# The user's settings say from where packages come; for which machine, we say.
_SETTLED = {"PIP_PLATFORM": None, "PIP_ABI": None}
# Every glibc that a manylinux wheel may ask for, up to the image's 2.36.
_GLIBC = (*(f"manylinux_2_{minor}" for minor in range(36, 4, -1)), "manylinux2014")


def installer_lock() -> str:
    """The requirement of pip itself, locked by hash."""
    return f"{INSTALLER} --hash=sha256:{INSTALLER_SHA256}\n"


def download(
    lock: Path, target: Path, *, machine: str, known: Path, timeout: float = 600.0
) -> Command:
    """Fetch every wheel of `lock` for Python 3.11 on Linux into `target`.

    Args:
        lock: requirements, each with version and hashes.
        machine: `x86_64` or `aarch64`.
        known: a folder of wheels to take from first; each is checked against the lock as well.
    """
    platforms = [f"--platform={glibc}_{machine}" for glibc in _GLIBC]
    return Command(
        argv=(
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            "download",
            "--require-hashes",
            "--only-binary=:all:",
            "--no-deps",
            "--progress-bar=off",
            "--implementation=cp",
            f"--python-version={PYTHON}",
            *platforms,
            f"--find-links={known}",
            f"--dest={target}",
            f"--requirement={lock}",
        ),
        env={**_SETTLED, "TMPDIR": str(target.parent)},  # what a killed pip leaves lies there
        timeout=timeout,
    )
