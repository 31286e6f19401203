"""iproute2: addresses, routes and the pair of interfaces between the machine and a node."""

from __future__ import annotations

import json

from phaseline.process.command import Command
from phaseline.process.run import attempt, run


def routes() -> list[tuple[str, str]]:
    """The IPv4 ranges that this machine routes or holds: (range, "route via DEVICE")."""
    listed = json.loads(run(Command(argv=("ip", "-json", "-4", "route", "show"))).stdout or "[]")
    found = [
        (entry["dst"], f"routed through {entry.get('dev', 'the gateway')}")
        for entry in listed
        if entry["dst"] != "default"
    ]
    for link in json.loads(run(Command(argv=("ip", "-json", "-4", "address", "show"))).stdout):
        found += [
            (f"{address['local']}/{address['prefixlen']}", f"address of {link['ifname']}")
            for address in link.get("addr_info", ())
        ]
    return found


def join(name: str, process: int, inside: str) -> None:
    """Make a veth pair: `name` here, `inside` in the network of `process`."""
    make = ("ip", "link", "add", name, "type", "veth", "peer", "name", inside)
    run(Command(argv=(*make, "netns", str(process))))


def settle(name: str, address: str) -> None:
    """Give the interface `name` its address and bring it up; done again it changes nothing.

    Args:
        address: with its prefix length, such as 172.31.0.1/30.
    """
    run(Command(argv=("ip", "address", "replace", address, "dev", name)))
    run(Command(argv=("ip", "link", "set", name, "up")))


def exists(name: str) -> bool:
    """Whether this machine has the network interface `name`."""
    return attempt(Command(argv=("ip", "link", "show", name))).code == 0


def remove(name: str) -> None:
    """Remove the interface `name`, and so its peer, if it is there."""
    attempt(Command(argv=("ip", "link", "delete", name)))
