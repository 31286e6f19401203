"""Whether one network reaches another: a listener in one, a caller in the other.

The two run beside each other, this file as a program in each network.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from phaseline.process.command import Command

PATIENCE = 8.0


def listener(process: int, port: int, word: str) -> Command:
    """Wait in the network of `process` for one caller, and give it `word`."""
    return _in_network(process, "listen", "0.0.0.0", port, word)  # noqa: S104 - a pod's network


def caller(process: int, address: str, port: int) -> Command:
    """Call from the network of `process`; prints the word that the listener gives."""
    return _in_network(process, "call", address, port)


def _in_network(process: int, *words: str | int) -> Command:
    program = (sys.executable, "-P", str(Path(__file__).resolve()))
    return Command(
        argv=("nsenter", f"--net=/proc/{process}/ns/net", *program, *map(str, words)),
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        timeout=PATIENCE + 5,
    )


def listen(address: str, port: int, word: str) -> None:
    """Give `word` to the first caller.

    Raises:
        TimeoutError: none came.
    """
    with socket.create_server((address, port)) as server:
        server.settimeout(PATIENCE)
        taken, _ = server.accept()
        with taken:
            taken.sendall(word.encode())


def call(address: str, port: int) -> str:
    """The word of whoever listens, called until it does.

    Raises:
        OSError: nobody answers in time.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection((address, port), timeout=1.0) as connection:
                return connection.recv(1000).decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        sys.stdout.write(call(sys.argv[2], int(sys.argv[3])))
