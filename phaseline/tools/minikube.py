"""minikube: one profile, its images, addons and addresses.

Errors are judged by the exit code, not by what is printed: error events come on success, too.
Some calls succeed without having done anything, such as loading a missing image: see `images`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phaseline.core.errors import (
    CheckFailed,
    CommandFailed,
    HostUnfit,
    InvalidConfiguration,
    PhaselineError,
    Unreachable,
)
from phaseline.process import journal
from phaseline.process.command import Command, Completed
from phaseline.process.run import attempt
from phaseline.tools.minikube_words import CODES, OTHER, STATUS, WELL, Kind

START_LIMIT = 900.0  # a first start fetches about a gigabyte
_ERRORS: Mapping[Kind, Callable[..., PhaselineError]] = {
    "unfit": HostUnfit,
    "wrong": InvalidConfiguration,
    "failed": CommandFailed,
    "unreachable": Unreachable,
}


@dataclass(frozen=True)
class State:
    """What `minikube status` tells: `running`, `down`, or what is wrong; and word by part."""

    phase: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Minikube:
    """minikube for one profile.

    Attributes:
        kubeconfig: the file that it writes the access to; the user's own is never touched.
    """

    program: Path
    profile: str
    kubeconfig: Path

    def command(self, *arguments: str, timeout: float = 120.0) -> Command:
        """A call for this profile, without colours and signs, with every exit code an answer."""
        return Command(
            argv=(str(self.program), *arguments, f"--profile={self.profile}"),
            env={
                "KUBECONFIG": str(self.kubeconfig),
                "MINIKUBE_IN_STYLE": "false",
                "MINIKUBE_WANTUPDATENOTIFICATION": "false",
                "NO_COLOR": "1",
            },
            timeout=timeout,
        )

    def start(self, *flags: str) -> None:
        """Make the profile's cluster, or start it with its data; says how far it is.

        Raises:
            HostUnfit, InvalidConfiguration, Unreachable, CommandFailed: as its exit code tells.
        """
        command = self.command("start", *flags, "--output=json", timeout=START_LIMIT)
        self._require(attempt(command, _say()), "start")

    def stop(self) -> None:
        """Stop it; nothing happens where it is stopped."""
        self._require(attempt(self.command("stop", "--output=json"), _say()), "stop")

    def delete(self) -> None:
        """Delete the profile; nothing happens where there is none."""
        self._require(attempt(self.command("delete", "--output=json"), _say()), "delete")

    def status(self) -> State:
        """How it is, by the plain status: that of the profile list may stay at Starting."""
        completed = attempt(self.command("status", "--output=json"))
        words = _object(completed.stdout)
        if completed.code in STATUS:
            return State(STATUS[completed.code], words)
        self._require(completed, "status")
        wrong = [f"{name} is {words.get(name)}" for name in WELL if words.get(name) != WELL[name]]
        return State("; ".join(wrong) or "running", words)

    def images(self) -> dict[str, str]:
        """The ID of each image in the node, by its name; empty where it is stopped."""
        completed = self._require(attempt(self.command("image", "ls", "--format=json")), "image ls")
        listed = json.loads(completed.stdout or "[]")
        return {name: str(one["id"]) for one in listed for name in one["repoTags"] or []}

    def load(self, archive: Path) -> None:
        """Load the images of a docker-archive. It succeeds without having done so: see `images`."""
        self._require(attempt(self.command("image", "load", str(archive), timeout=600.0)), "load")

    def enable(self, addon: str) -> None:
        """Enable an addon. It is said to be enabled whether its pods come up or not."""
        command = self.command("addons", "enable", addon, timeout=400.0)
        self._require(attempt(command), f"addons enable {addon}")

    def addons(self) -> set[str]:
        """The addons that are enabled."""
        command = self.command("addons", "list", "--output=json")
        completed = self._require(attempt(command), "addons list")
        told = json.loads(completed.stdout)
        return {name for name, one in told.items() if one["Status"] == "enabled"}

    def address(self) -> str:
        """The address of its node, at which node ports answer."""
        found = self._require(attempt(self.command("ip")), "ip").stdout.strip()
        if not found or " " in found:
            raise CheckFailed("minikube tells no address of its node", why=found)
        return found

    def urls(self, service: str, namespace: str) -> list[str]:
        """Where a Service answers, one for each node port, in the order of its ports.

        Raises:
            CommandFailed: it does not exist, or no pod of it is ready.
            CheckFailed: it has no node port.
        """
        command = self.command("service", service, f"--namespace={namespace}", "--url", "--wait=1")
        completed = self._require(attempt(command), f"service {service}")
        lines = completed.stdout.splitlines()
        found = [line.strip() for line in lines if line.startswith("http")]
        if not found:
            why = completed.tail or completed.stdout.strip()
            fix = "make it of type NodePort in the chart's values"
            raise CheckFailed(
                f"minikube tells no address of the Service {service}", why=why, fix=fix
            )
        return found

    def _require(self, completed: Completed, what: str) -> Completed:
        if completed.code == 0:
            return completed
        meaning = CODES.get(completed.code, OTHER)
        raise _ERRORS[meaning.kind](
            f"minikube {what}: {meaning.what}",
            why=cause(completed),
            fix=meaning.fix.replace("PROFILE", self.profile),
        )


def cause(completed: Completed) -> str:
    """What minikube says is the cause: of its fatal event, or of the line that ends it; pure."""
    fatal = [one for one in map(_event, completed.stdout.splitlines()) if "exitcode" in one]
    if fatal:
        return f"{fatal[-1].get('name', '')}: {fatal[-1].get('message', '')}".strip(": ")
    told = f"{completed.stderr}\n{completed.stdout}".splitlines()
    ends = [line for line in told if "Exiting due to" in line]
    if ends:
        return ends[0].partition("Exiting due to")[2].strip()
    messages = [one["message"] for one in map(_event, told) if "message" in one]
    plain = [text for line in told if (text := line.strip("* "))]
    said = messages[-1:] or plain[:1] or ["it said nothing"]
    return f"{said[0]} (exit code {completed.code})"


def progress(line: str) -> str:
    """What a line of `start --output=json` tells of the progress, such as `11/19 …`; pure."""
    data = _event(line)
    if "currentstep" in data:
        return f"minikube {data['currentstep']}/{data['totalsteps']}: {data['message']}"
    return ""


def _say() -> Callable[[str], None]:
    """What tells the step that runs now of each line's progress: lines come in other threads."""
    listener = journal.current()

    def say(line: str) -> None:
        if text := progress(line):
            listener.progress(text)

    return say


def _event(line: str) -> dict[str, Any]:
    """The data of a CloudEvent (https://cloudevents.io, specification 1.0); empty if it is none."""
    told = _object(line)
    data = told.get("data", {})
    return data if isinstance(data, dict) and "specversion" in told else {}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
