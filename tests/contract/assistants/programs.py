"""Stand-ins: a docker with the plugins `ai` and `agent` that behave as documented."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.operators.assistants.advice import Dimension
from tests.contract.toolchain.stand_ins import stand_in

DOCKERFILE = """\
FROM alpine:3.20.3
ADD run.sh /run.sh
USER 1000
ENTRYPOINT ["/run.sh"]
"""
PATCH = """\
--- a/Dockerfile
+++ b/Dockerfile
@@ -1,3 +1,3 @@
 FROM alpine:3.20.3
-ADD run.sh /run.sh
+COPY run.sh /run.sh
 USER 1000
"""
PLUGIN = {"SchemaVersion": "0.1.0", "Vendor": "Docker Inc.", "Version": "v1.9.0"}
ABSENT = 'echo "docker: unknown command: docker $1" >&2; exit 1'


def answer(patch: str = PATCH, **more: Any) -> str:
    """What an assistant is asked to answer."""
    finding = {
        "dimension": "best practice",
        "severity": "low",
        "line": 2,
        "message": "ADD where COPY would do",
        "fix": "use COPY",
    }
    ratings = {str(dimension): 9 for dimension in Dimension}
    return json.dumps({"ratings": ratings, "findings": [finding], "patch": patch, **more})


@dataclass
class Programs:
    """A folder of stand-ins, and what they were asked."""

    folder: Path

    def docker(
        self, *names: str, ai: str = ABSENT, agent: str = ABSENT, version: str = "", err: str = ""
    ) -> None:
        """A docker with the plugins `names`.

        Args:
            ai: what `docker ai PROMPT` does; version: what `docker ai version` does.
            agent: what `docker agent …` does.
            err: why docker cannot use the plugins.
        """
        listed = [{**PLUGIN, "Name": name, **({"Err": err} if err else {})} for name in names]
        self._write(
            "docker",
            f"""
case "$*" in
"info --format {{{{json .ClientInfo.Plugins}}}}") echo {shlex.quote(json.dumps(listed))} ;;
"ai version") {version or 'echo "Gordon v1.9.0"'} ;;
"agent "*) shift; {agent} ;;
"ai "*) {self._noting} {ai} ;;
*) {ABSENT} ;;
esac""",
        )

    def docker_agent(self, run: str, *, doctor: str = "true") -> None:
        """docker-agent as a program of its own."""
        self._write("docker-agent", self.agent(run, doctor=doctor))

    def agent(self, run: str, *, doctor: str = "true") -> str:
        """What docker-agent does."""
        return f"""case "$1" in
version) echo v1.20 ;;
doctor) {doctor} ;;
run) {self._noting} {run} ;;
esac"""

    def says(self, text: str) -> str:
        """Shell text that prints `text`."""
        (self.folder / "said").write_text(text)
        return f"cat {shlex.quote(str(self.folder / 'said'))}"

    @property
    def asked(self) -> list[str]:
        """The arguments of the last call."""
        return (self.folder / "asked").read_text().split("\0")[:-1]

    @property
    def was_asked(self) -> bool:
        """Whether there was such a call."""
        return (self.folder / "asked").exists()

    @property
    def given(self) -> str:
        """What the last call found on its standard input."""
        return (self.folder / "given").read_text()

    @property
    def where(self) -> Path:
        """The folder that the last call was made in."""
        return Path((self.folder / "where").read_text().strip())

    @property
    def _noting(self) -> str:
        folder = shlex.quote(str(self.folder))
        noting = "pwd > $at/where; cat > $at/given; printf '%s\\0' \"$@\" > $at/asked"
        return f"at={folder}; {noting};"

    def _write(self, name: str, script: str) -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        stand_in(self.folder / "bin", name, script)
