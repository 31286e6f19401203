"""Texts that programs print."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[ -/]*[0-~]"
)


def plain(text: str) -> str:
    """One line of `text` as a terminal would show it, without what would command the terminal.

    Of a line that was written over, as a progress bar does, the last state.
    """
    shown = _ESCAPES.sub("", text).rstrip("\r\n").rpartition("\r")[2]
    return "".join(c if c.isprintable() else " " for c in shown)
