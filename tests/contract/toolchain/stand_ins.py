"""Stand-ins: programs on PATH that behave as documented, and a journal that remembers."""

from __future__ import annotations

from pathlib import Path

from phaseline.process.command import Completed


class Said:
    """A journal that remembers."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.lines: list[str] = []
        self.commands: list[Completed] = []

    def progress(self, text: str) -> None:
        """Remember a sentence."""
        self.sentences.append(text)

    def line(self, text: str) -> None:
        """Remember a line."""
        self.lines.append(text)

    def command(self, completed: Completed) -> None:
        """Remember a command."""
        self.commands.append(completed)

    def holds(self, part: str) -> bool:
        """Whether a sentence has `part` in it."""
        return any(part in sentence for sentence in self.sentences)


def stand_in(folder: Path, name: str, script: str) -> Path:
    """A program that does what `script` says."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


GO = """
case "$1" in
version) echo "go version go1.26.4 linux/amd64" ;;
env) echo "$PROXY" ;;
list)
  if [ "$GOPROXY" = off ] && [ -n "$PROXY" ]; then exit 1; fi
  echo fmt; echo helm.sh/helm/v4/cmd/helm ;;
build)
  echo fmt >&2; echo helm.sh/helm/v4/cmd/helm >&2
  while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done
  printf '#!/bin/sh\\necho %s\\n' "${BUILT:-v4.2.4}" > "$out"; /bin/chmod 755 "$out" ;;
esac
"""
