"""Our own dockerd, in mount and PID namespaces of its own, with all that it keeps in our cache.

It has no bridge, no firewall rules and no forwarding, so the machine's network stays as it was;
it stays in the machine's network namespace, so pulls work. Its `/run` is private. Ending the one
process that holds the namespaces ends everything in them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CommandFailed, HostUnfit, TimedOut
from phaseline.core.files import write_json
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.groups import pause
from phaseline.process.run import spawn
from phaseline.tools import cgroups, docker
from phaseline.tools.toolchain import ensure

if TYPE_CHECKING:
    import psutil

START_SECONDS = 30.0
STOP_SECONDS = 1.5
KILL_SECONDS = 10.0
SOCKET_LIMIT = 107
SETTINGS = Path("/etc/docker")
APPARMOR = Path("/sys/module/apparmor/parameters/enabled")
_PRIVATE = "/run/phaseline"
_PACKAGE = str(Path(__file__).parents[3])


@dataclass(frozen=True)
class Place:
    """Where one daemon keeps what it has; `root` is a folder of its own."""

    root: Path

    @property
    def socket(self) -> Path:
        """Where it answers."""
        return self.root / "docker.sock"

    @property
    def log(self) -> Path:
        """What it and its supervisor print."""
        return self.root / "dockerd.log"

    @property
    def record(self) -> Path:
        """Which process it is."""
        return self.root / "running.json"

    @property
    def status(self) -> Path:
        """What its supervisor writes."""
        return self.root / "status.json"

    @property
    def cgroup(self) -> str:
        """The name of its control groups: ours alone, so that they can be removed."""
        tail = hashlib.sha256(str(self.root).encode()).hexdigest()[:6]
        return f"phaseline-docker-{tail}"


def configuration(place: Place) -> dict[str, Any]:
    """dockerd's settings, as its configuration file takes them."""
    return {
        "data-root": str(place.root / "data"),
        "exec-root": f"{_PRIVATE}/exec",
        "pidfile": f"{_PRIVATE}/dockerd.pid",
        "hosts": [f"unix://{place.socket}"],
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
        "ip-forward": False,
        "ip-masq": False,
        "cgroup-parent": f"/{place.cgroup}",
        # systemd cannot be asked from inside a PID namespace, and may not be there at all.
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
    }


def specification(place: Place, dockerd: Path, resolver: Path) -> dict[str, Any]:
    """What the supervisor is told: prepare private folders, then keep dockerd alive.

    Args:
        resolver: what /etc/resolv.conf leads to; kept visible where it lies below /run.
    """
    settings, keep = place.root / "settings", place.root / "resolver"
    mount = "/usr/bin/mount"
    prepare = [[mount, "--bind", str(settings), str(SETTINGS)]]
    if (certificates := SETTINGS / "certs.d").is_dir():
        prepare.insert(0, [mount, "--bind", str(certificates), str(settings / "certs.d")])
    if APPARMOR.exists() and not shutil.which("apparmor_parser"):
        # dockerd could not load its profile, would name it all the same, and every build would fail
        prepare.append([mount, "--bind", "/dev/null", str(APPARMOR)])
    private = [[mount, "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"]]
    if resolver.is_relative_to("/run"):
        folder = str(resolver.parent)
        private.insert(0, [mount, "--bind", folder, str(keep)])
        private += [["/usr/bin/mkdir", "-p", folder], [mount, "--move", str(keep), folder]]
    unit = {
        "name": "dockerd",
        "argv": [str(dockerd), "--config-file", str(place.root / "daemon.json")],
        "log": str(place.log),
        "ready": f"unix:{place.socket}",
    }
    return {
        "status": str(place.status),
        "interface": "",
        "first": "dockerd",
        "prepare": [*prepare, *private],
        "units": [unit],
    }


def start(place: Place) -> None:
    """Start the daemon and wait until it answers. The daemon's lock must be held.

    Raises:
        HostUnfit: not root, or the cache's path is too long for a socket.
        ToolMissing: there is no dockerd.
        CommandFailed: it does not come up; the message carries its last lines.
    """
    _require(place)
    dockerd = ensure("dockerd").path
    made = _prepare(place, dockerd)
    namespaces = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    supervisor = (sys.executable, "-m", "phaseline.process.supervisor")
    argv = ("unshare", *namespaces, *supervisor, str(place.root / "supervisor.json"))
    pid = spawn(Command(argv=argv, env={"PYTHONPATH": _PACKAGE}), place.log)
    write_json(place.record, {"version": 1, "pid": pid, "born": _born(pid), "made": made})
    _await(place)


def stop(place: Place) -> None:
    """Stop the daemon, if it runs, and remove all but its data. The lock must be held."""
    record = _read(place.record)
    if _alive(record):
        _end(int(record["pid"]))
    left = cgroups.remove(place.cgroup)
    for file in (place.socket, place.status, place.record, place.root / "supervisor.json"):
        file.unlink(missing_ok=True)
    if record.get("made"):
        with suppress(OSError):  # somebody else has put something there since
            SETTINGS.rmdir()
    if left:
        journal.progress(f"control groups are still busy: {', '.join(map(str, left))}")


def runs(place: Place) -> bool:
    """Whether the process that we started is still there."""
    return _alive(_read(place.record))


def _require(place: Place) -> None:
    if os.geteuid() != 0:
        raise HostUnfit(
            "no Docker daemon answers, and one can be started by root only",
            why=f"tried {', '.join(docker.candidates())}",
            fix="start Docker and set DOCKER_HOST, or run as root",
        )
    if len(str(place.socket)) > SOCKET_LIMIT:
        raise HostUnfit(
            "the cache folder's path is too long for a socket",
            why=f"{place.socket} has more than {SOCKET_LIMIT} characters",
            fix="set XDG_CACHE_HOME to a shorter path",
        )


def _prepare(place: Place, dockerd: Path) -> bool:
    """Write the files that it is started with; whether /etc/docker had to be made."""
    stop(place)  # what a killed one has left
    for name in ("data", "settings/certs.d", "resolver"):
        (place.root / name).mkdir(parents=True, exist_ok=True)
    place.log.unlink(missing_ok=True)
    write_json(place.root / "daemon.json", configuration(place))
    resolver = Path("/etc/resolv.conf").resolve()
    write_json(place.root / "supervisor.json", specification(place, dockerd, resolver))
    made = not SETTINGS.exists()
    SETTINGS.mkdir(exist_ok=True)
    return made


def _await(place: Place) -> None:
    started = time.monotonic()
    while not docker.answers(f"unix://{place.socket}"):
        waited = time.monotonic() - started
        status = _read(place.status)
        restarts = status.get("units", {}).get("dockerd", {}).get("restarts", 0)
        if status.get("phase") == "failed" or restarts > 1 or waited > START_SECONDS:
            tail = "\n".join(place.log.read_text(errors="replace").splitlines()[-8:])
            why = "\n".join(filter(None, (str(status.get("fault", "")), tail)))
            stop(place)
            raise CommandFailed("our Docker daemon does not come up", why=why, fix=f"{place.log}")
        journal.progress(f"starting a Docker daemon of our own, {waited:.0f} s")
        pause(0.1)


def _end(pid: int) -> None:
    """End the namespaces: their first process in order, then by force."""
    import psutil

    holder = psutil.Process(pid)
    for first in holder.children():
        with suppress(psutil.NoSuchProcess):
            first.terminate()
    if not _ends(holder, STOP_SECONDS):
        holder.kill()  # the kernel then ends all the others
        if not _ends(holder, KILL_SECONDS):
            raise TimedOut(f"the process {pid}, which holds our Docker daemon, does not end")


def _ends(process: psutil.Process, limit: float) -> bool:
    """Whether it ends within `limit` seconds; one that its parent has not collected has ended."""
    import psutil

    deadline = time.monotonic() + limit
    with suppress(psutil.NoSuchProcess):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return False
            pause(0.02)
    return True


def _born(pid: int) -> float:
    import psutil

    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def _alive(record: dict[str, Any]) -> bool:
    import psutil

    try:
        process = psutil.Process(int(record["pid"]))
        same = abs(process.create_time() - float(record["born"])) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, KeyError):
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content
