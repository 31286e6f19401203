from __future__ import annotations

import contextvars
from pathlib import Path

from phaseline.process import journal
from phaseline.process.command import Completed
from phaseline.tools import kubeadm

KEY = "client-key-data: LS0tLS1CRUdJTi"


class Heard:
    """A journal that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def progress(self, text: str) -> None:
        self.lines.append(text)

    def line(self, text: str) -> None:
        self.lines.append(text)

    def command(self, completed: Completed) -> None:
        self.lines.append(str(completed.command))


def test_a_private_key_is_in_no_log(tmp_path: Path) -> None:
    program, heard = tmp_path / "kubeadm", Heard()
    program.write_text(f"#!/bin/sh\necho '{KEY}'\n")
    program.chmod(0o755)

    def ask() -> str:
        journal.listen(heard)
        return kubeadm.user_kubeconfig(program, tmp_path / "config", "somebody")

    told = contextvars.copy_context().run(ask)
    assert KEY in told
    assert len(heard.lines) == 1  # the command itself
    assert KEY not in heard.lines[0]
