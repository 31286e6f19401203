"""The rules that images are judged by. Data only: their numbers stay, whatever becomes of them.

hadolint's findings keep hadolint's own numbers, vulnerabilities those of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is; the first two fail the step."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def fails(self) -> bool:
        """Whether a finding of this severity fails the step."""
        return self in (Severity.CRITICAL, Severity.HIGH)


@dataclass(frozen=True)
class Rule:
    """One rule: what it asks for, why, and what to do where it is not met."""

    id: str
    severity: Severity
    title: str
    why: str
    fix: str


_RULES = (
    Rule(
        "IMG001",
        Severity.HIGH,
        "The image keeps to its budget",
        "Each node pulls and stores all of it; `size_mb` of the component counts unpacked bytes. "
        "Those of an upstream base are not counted: which route was reachable must not decide.",
        "leave out what the layers that are named hold, or raise size_mb in pipeline.yaml",
    ),
    Rule(
        "IMG002",
        Severity.HIGH,
        "It runs as the user that pipeline.yaml names, never as root",
        "Who breaks out of the process is then nobody on the node.",
        "write `USER {{ user }}:{{ user }}` as the last USER of the Dockerfile",
    ),
    Rule(
        "IMG003",
        Severity.HIGH,
        "No file has capabilities",
        "A program with file capabilities gives its caller rights that the container was denied.",
        "remove them in the layer that brings the file: setcap -r FILE",
    ),
    Rule(
        "IMG004",
        Severity.HIGH,
        "No file is setuid or setgid",
        "Such a program runs as its owner, whoever calls it.",
        "leave it out, or chmod a-s in the layer that brings it",
    ),
    Rule(
        "IMG005",
        Severity.HIGH,
        "There is no shell",
        "It is what an intruder needs first.",
        "leave it out of the base (`keep_out`), or allow it by path with a reason",
    ),
    Rule(
        "IMG006",
        Severity.HIGH,
        "There is no package manager",
        "It brings in what an intruder lacks; an image is built anew, not changed.",
        "leave it out of the base (`keep_out`), or install in an earlier stage",
    ),
    Rule(
        "IMG007",
        Severity.MEDIUM,
        "Nobody can write where others read",
        "A file or folder that everybody may write, or that belongs to the user the image runs "
        "as, can be changed by whoever gets into the process. Folders with the sticky bit, such "
        "as /tmp, are meant for it.",
        "COPY without --chown, and chmod go-w; what is written belongs on a volume",
    ),
    Rule(
        "IMG008",
        Severity.HIGH,
        "It exposes the component's port and no other",
        "The chart and whoever reads the image take EXPOSE at its word.",
        "write `EXPOSE {{ port }}` alone",
    ),
    Rule(
        "IMG009",
        Severity.MEDIUM,
        "It has a health check",
        "Without one, `docker ps` and the runtime test know only that its process exists.",
        "add a HEALTHCHECK whose program is in the image",
    ),
    Rule(
        "IMG010",
        Severity.MEDIUM,
        "It says what it is",
        "The labels of the OCI image specification tell where an image comes from without asking "
        "anyone: title, revision, version, licenses, source, base.name, base.digest.",
        "phaseline sets them; fill in `about` in pipeline.yaml, or label the image that is pulled",
    ),
    Rule(
        "IMG011",
        Severity.CRITICAL,
        "No secret is in any layer",
        "What a later layer deletes stays in the earlier one for everybody who pulls the image.",
        "make the secret invalid, then build without it: use RUN --mount=type=secret",
    ),
    Rule(
        "IMG012",
        Severity.CRITICAL,
        "No secret is in the environment, labels or history",
        "They are in the image's configuration, which `docker inspect` shows.",
        "make the secret invalid; give it when the container starts, not when it is built",
    ),
    Rule(
        "IMG013",
        Severity.MEDIUM,
        "It declares no volume",
        "Each container would silently get a writable folder that outlives it.",
        "remove VOLUME; mount what is to be written by name",
    ),
    Rule(
        "IMG014",
        Severity.MEDIUM,
        "What is pulled is pinned by digest",
        "A tag can mean another image tomorrow.",
        "write image: NAME@sha256:… in pipeline.yaml",
    ),
    Rule(
        "IMG015",
        Severity.CRITICAL,
        "Each layer is what its digest says",
        "The export of the image was compared with the digests in its configuration.",
        "run `invoke containerize --force T007.image`; look for who else writes into the daemon",
    ),
    Rule(
        "IMG016",
        Severity.INFO,
        "Every allowance is used",
        "An allowance in pipeline.yaml that no finding meets would hide the next one.",
        "remove it from `allows`",
    ),
    Rule(
        "IMG017",
        Severity.MEDIUM,
        "No device file",
        "A device is given by the runtime, on purpose, or not at all.",
        "leave it out of the layer",
    ),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _RULES}
