"""What Minikube's exit codes and status words mean, and what to do. Data only.

Codes: https://minikube.sigs.k8s.io/docs/contrib/errorcodes/. The kind of a code's error is that of
ours: `unfit` for what the machine lacks, `wrong` for a setting, `failed` for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["unfit", "wrong", "failed", "unreachable"]


@dataclass(frozen=True)
class Meaning:
    """What an exit code means: the kind of our error, what happened, and the fix."""

    kind: Kind
    what: str
    fix: str


_LOGS = "`minikube logs -p PROFILE` tells more; `invoke cluster.delete` begins anew"
_START = "`invoke cluster` starts it"

CODES = {
    10: Meaning("failed", "an addon or an option is not one that it has", "correct it"),
    14: Meaning("wrong", "it does not take what it was told", "correct cluster.minikube"),
    23: Meaning("unfit", "too little memory", "set cluster.memory_mb, or give the machine more"),
    29: Meaning("unfit", "too few CPUs", "set cluster.cpus to what the machine has"),
    38: Meaning("failed", "its profile's configuration is corrupt", "`invoke cluster.delete`"),
    48: Meaning(
        "unreachable",
        "it cannot reach the network that it needs",
        "set HTTPS_PROXY, cluster.minikube.mirrors, or the flags for a machine without a network",
    ),
    56: Meaning(
        "unfit", "the driver cannot be used here", "name another in cluster.minikube.driver"
    ),
    57: Meaning("unfit", "this driver is not for root", "run as a user, or choose the driver none"),
    65: Meaning("unfit", "the driver's program is missing", "install it, or name another driver"),
    80: Meaning("failed", "its node does not come up", _LOGS),
    81: Meaning(
        "wrong",
        "the profile was made with another driver",
        "set cluster.minikube.driver back, or `invoke cluster.delete`",
    ),
    83: Meaning("failed", "its node is not running", _START),
    85: Meaning(
        "failed", "there is no such profile", "`invoke cluster.delete`, then `invoke cluster`"
    ),
    90: Meaning("failed", "its node could not be set up", _LOGS),
    103: Meaning("failed", "its API server is stopped", _START),
    106: Meaning(
        "wrong",
        "this Minikube does not know that version of Kubernetes",
        "set cluster.kubernetes to one that it knows, or install a newer Minikube",
    ),
    115: Meaning(
        "failed", "the Service cannot be reached", "`invoke deploy`, then `invoke app.check`"
    ),
}
OTHER = Meaning("failed", "it failed", _LOGS)

# `minikube status` ends with one of these, and with 0 when all is well.
STATUS = {
    2: "its kubelet or API server is stopped or paused",
    6: "half created",
    7: "down",
    38: "its profile's configuration is corrupt",
    85: "down",  # there is no such profile
}
WELL = {"Host": "Running", "Kubelet": "Running", "APIServer": "Running", "Kubeconfig": "Configured"}
