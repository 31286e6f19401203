"""`invoke` as a process, in a folder of a test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).parents[2]
_PIPE = subprocess.PIPE


def start(
    root: Path, *words: str, env: dict[str, str] | None = None, stderr: int = _PIPE
) -> subprocess.Popen[str]:
    """`invoke …` in `root`, under way; `env` is laid over our own."""
    return subprocess.Popen(
        _argv(words), cwd=root, env=_env(env), stdout=_PIPE, stderr=stderr, text=True
    )


def invoke(
    root: Path, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`invoke …` in `root`, ended; `env` is laid over our own."""
    return subprocess.run(
        _argv(words),
        cwd=root,
        env=_env(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _argv(words: tuple[str, ...]) -> tuple[str, ...]:
    return (sys.executable, "-m", "invoke", *words)


def _env(more: dict[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TREE), **(more or {})}
