"""What this machine is and has, measured without changing anything."""

from __future__ import annotations

import gzip
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from phaseline.tools import cgroups

NAMESPACES = ("mnt", "net", "pid", "ipc", "uts")
# Name of the module → the option that builds it into the kernel.
FEATURES: Mapping[str, str] = {
    "overlay": "CONFIG_OVERLAY_FS",
    "veth": "CONFIG_VETH",
    "bridge": "CONFIG_BRIDGE",
    "nf_tables": "CONFIG_NF_TABLES",
}


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One machine.

    Attributes:
        free: folder → bytes that may still be written there; one folder for each file system.
        memory: bytes in all.
        namespaces: kinds that the kernel has, of those in `NAMESPACES`.
        features: kernel feature → whether it is there; None where the kernel does not tell.
        cgroups: "v1", "v2", "hybrid", or "" for none.
    """

    system: str
    machine: str
    root: bool
    free: Mapping[str, int]
    cpus: int
    memory: int
    namespaces: frozenset[str]
    features: Mapping[str, bool | None]
    cgroups: str


def measure(folders: Iterable[Path]) -> Measures:
    """Measure this machine; `folders` are those that the pipeline writes to."""
    return Measures(
        system=platform.system(),
        machine=platform.machine(),
        root=os.geteuid() == 0,
        free=free_space(folders),
        cpus=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        namespaces=frozenset(kind for kind in NAMESPACES if Path("/proc/self/ns", kind).exists()),
        features=_features(),
        cgroups=cgroup_version(cgroups.MOUNTS.read_text()),
    )


def free_space(folders: Iterable[Path]) -> dict[str, int]:
    """Free bytes for each file system that the folders, or their nearest parents, lie on."""
    free: dict[int, tuple[str, int]] = {}
    for folder in folders:
        place = next(path for path in (folder, *folder.parents) if path.exists())
        state = os.statvfs(place)
        # Not f_bfree: root without CAP_SYS_RESOURCE cannot use the reserved blocks either.
        free.setdefault(place.stat().st_dev, (str(folder), state.f_bavail * state.f_frsize))
    return dict(free.values())


def cgroup_version(mountinfo: str) -> str:
    """Which control groups are mounted: "v1", "v2", "hybrid" (both), or ""."""
    kinds = {line.partition(" - ")[2].split(" ")[0] for line in mountinfo.splitlines()}
    first, second = "cgroup" in kinds, "cgroup2" in kinds
    return "hybrid" if first and second else "v1" if first else "v2" if second else ""


def has_feature(module: str, configuration: str, modules: str) -> bool | None:
    """Whether the kernel has `module`, from its build configuration or its list of modules.

    Args:
        configuration: lines like `CONFIG_VETH=m`; empty when it cannot be read.
        modules: content of modules.builtin and modules.dep; empty when it cannot be read.
    """
    if configuration:
        option = FEATURES[module]
        return any(f"{option}={value}" in configuration.split() for value in "ym")
    return f"/{module}.ko" in modules if modules else None


def _features() -> dict[str, bool | None]:
    release = platform.release()
    configuration = _text(Path("/proc/config.gz")) or _text(Path(f"/boot/config-{release}"))
    listings = [Path("/lib/modules", release, name) for name in ("modules.builtin", "modules.dep")]
    modules = "".join(map(_text, listings))
    found = {module: has_feature(module, configuration, modules) for module in FEATURES}
    if "\toverlay\n" in _text(Path("/proc/filesystems")):
        found["overlay"] = True
    return found


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
