"""TCP connections: how many a network has accepted, and many made from inside another network."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from phaseline.process.command import Command

_PROC = Path("/proc")
_PATIENCE = 5.0


def accepted(process: int, proc: Path = _PROC) -> int:
    """How many connections the network of `process` has accepted since it was made.

    `PassiveOpens` of /proc/PID/net/snmp: tcpPassiveOpens of RFC 4022.
    """
    lines = (proc / str(process) / "net/snmp").read_text().splitlines()
    names, values = (line.split() for line in lines if line.startswith("Tcp:"))
    return int(dict(zip(names, values, strict=True))["PassiveOpens"])


def made_in(process: int, address: str, port: int, count: int) -> Command:
    """Make `count` connections to `address`, one after the other, in the network of `process`."""
    return Command(
        argv=(
            *("nsenter", f"--net=/proc/{process}/ns/net"),
            *(sys.executable, "-P", str(Path(__file__).resolve()), address, str(port), str(count)),
        ),
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        timeout=30.0 + count * 0.01,
    )


def connect(address: str, port: int, count: int) -> None:
    """Make `count` connections, and close each at once."""
    for _ in range(count):
        socket.create_connection((address, port), timeout=_PATIENCE).close()


if __name__ == "__main__":
    connect(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
