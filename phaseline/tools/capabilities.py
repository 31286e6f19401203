"""What of a superuser's power this process has: capabilities(7)."""

from __future__ import annotations

from pathlib import Path

# Numbers of include/uapi/linux/capability.h: for mounts, networks, containers and their users.
NEEDED = {
    "CAP_CHOWN": 0,
    "CAP_DAC_OVERRIDE": 1,
    "CAP_FOWNER": 3,
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_SETPCAP": 8,
    "CAP_NET_BIND_SERVICE": 10,
    "CAP_NET_ADMIN": 12,
    "CAP_NET_RAW": 13,
    "CAP_SYS_CHROOT": 18,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
    "CAP_MKNOD": 27,
}


def lacking(status: Path = Path("/proc/self/status")) -> tuple[str, ...]:
    """Those of `NEEDED` that the process of a /proc/…/status has not in effect."""
    rows = (line.partition(":") for line in status.read_text().splitlines())
    held = next(int(value, 16) for name, _, value in rows if name == "CapEff")
    return tuple(name for name, number in NEEDED.items() if not held >> number & 1)
