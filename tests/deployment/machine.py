"""What the machine has that a deployment could leave behind, taken before and after."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

from phaseline.core.workspace import cache_folder
from phaseline.tools.cgroups import hierarchies

_WATCHED = (Path("/etc"), Path("/var"), Path("/run"), Path("/usr"), Path("/opt"), Path.home())
# Caches, and where package managers and toolchains keep theirs; others may be at work there.
_PASSED_OVER = {
    *(Path.home() / name for name in (".cache", ".npm", "go", ".pyenv", ".cargo", ".rustup")),
    *(Path("/var", name) for name in ("cache", "lib/apt", "lib/dpkg", "log", "tmp")),
    cache_folder(),
}
_OURS = re.compile("phaseline|todo-app")
_VOLATILE = re.compile(
    r"^(fs\.(dentry|file-nr|inode|quota|aio-nr|mount-nr)|kernel\.(random|ns_last_pid|pty\.nr)"
    r"|net\.netfilter\.nf_conntrack_count|net\..*\.(pl-\w+|veth\w+)\.|kernel\.sched_domain)"
)


@dataclass(frozen=True)
class Machine:
    """Everything as sets of lines, so that a difference can be read.

    Attributes:
        rules: nftables' and iptables' rules, without counters.
        files: paths in the system's folders and the user's home, caches left out.
        sysctls: `name = value` of each kernel setting that does not change by itself.
        processes: `PID command` of those that have to do with our caches or a state folder.
    """

    mounts: frozenset[str]
    links: frozenset[str]
    routes: frozenset[str]
    rules: frozenset[str]
    cgroups: frozenset[str]
    files: frozenset[str]
    sysctls: frozenset[str]
    processes: frozenset[str]

    @classmethod
    def now(cls) -> Machine:
        """Look at all of it."""
        return cls(
            mounts=frozenset(_mounts()),
            links=frozenset(line.split(": ")[1] for line in _lines("ip", "-o", "link")),
            routes=frozenset(_lines("ip", "route", "show", "table", "all")),
            rules=frozenset(_rules()),
            cgroups=frozenset(_cgroups()),
            files=frozenset(_files()),
            sysctls=frozenset(one for one in _lines("sysctl", "-a") if not _VOLATILE.match(one)),
            processes=frozenset(_processes()),
        )

    def left_since(self, before: Machine) -> dict[str, list[str]]:
        """What was not there before, and what is there no longer, by kind."""
        found = {}
        for one in fields(self):
            then, now = getattr(before, one.name), getattr(self, one.name)
            lines = [f"+ {line}" for line in sorted(now - then)]
            # others end processes and remove files of their own meanwhile
            if one.name not in ("processes", "files", "cgroups"):
                lines += [f"- {line}" for line in sorted(then - now)]
            if lines:
                found[one.name] = lines
        return found


def _lines(*argv: str) -> list[str]:
    completed = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    return [line.strip() for line in completed.stdout.splitlines() if line.strip()]


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        yield f"{' '.join(before.split()[3:5])} {' '.join(after.split()[:2])}"


def _rules() -> Iterator[str]:
    for argv in (("nft", "list", "ruleset"), ("iptables-save",), ("ip6tables-save",)):
        if shutil.which(argv[0]):
            for line in _lines(*argv):
                if not line.startswith("#"):
                    yield f"{argv[0]}: {re.sub(r'[[]?[0-9]+:[0-9]+[]]?|packets .*', '', line)}"


def _cgroups() -> Iterator[str]:
    for root in hierarchies(Path("/proc/self/mountinfo").read_text()):
        for folder, _, _ in os.walk(root):
            if not _inhabited(Path(folder)):
                yield folder


def _inhabited(group: Path) -> bool:
    """Whether somebody else works in it or below; what we leave is empty."""
    try:
        return any(file.read_text().strip() for file in group.rglob("cgroup.procs"))
    except OSError:  # it has just gone
        return True


def _files() -> Iterator[str]:
    for top in _WATCHED:
        for folder, below, names in os.walk(top):
            below[:] = [one for one in below if not _passed_over(Path(folder, one))]
            yield folder
            yield from (f"{folder}/{name}" for name in names)
    yield from (
        str(path) for path in Path(tempfile.gettempdir()).iterdir() if _OURS.search(path.name)
    )


def _passed_over(folder: Path) -> bool:
    return folder.name == "__pycache__" or folder in _PASSED_OVER


def _processes() -> Iterator[str]:
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if str(cache_folder()) in command or "/.phaseline/" in command:
            yield f"{process.pid} {command}"
