"""This very program: its command line, and becoming a new process of it."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def command_line() -> tuple[str, ...]:
    """How this process was started, the interpreter's own options included."""
    return (sys.executable, *sys.orig_argv[1:])


def start_anew() -> NoReturn:
    """Become a new process of the same command line; its number, folder and streams stay."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, command_line())  # noqa: S606 - there is no shell in it
