"""Questions to one DNS server, past whatever resolver this machine uses, or from inside a pod."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from phaseline.core.errors import CheckFailed
from phaseline.process.command import Command

_PATIENCE = 3.0
_IN_POD = """
import json, socket, sys
found = {}
for name in sys.argv[1:]:
    try:
        told = socket.getaddrinfo(name, None, socket.AF_INET)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise
        told = []
    found[name] = sorted({one[4][0] for one in told})
print(json.dumps(found))
"""


def resolve(name: str, server: str, *, limit: float = 10.0) -> list[str]:
    """The IPv4 addresses that `server` gives for `name`, asked again until `limit` seconds.

    Raises:
        CheckFailed: there are none, or the server does not answer.
    """
    import dns.exception
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [server]
    resolver.lifetime, resolver.timeout = limit, 1.0
    try:
        return sorted(str(record) for record in resolver.resolve(f"{name}.", "A"))
    except dns.exception.DNSException as error:
        raise CheckFailed(f"DNS at {server} does not know {name}", why=str(error)) from error


def asked_in(process: int, names: Iterable[str]) -> Command:
    """Look `names` up in the network of `process`, with its own /etc/resolv.conf.

    Prints a mapping, as JSON, from each name to its IPv4 addresses; ends with 1 if the server does
    not answer.
    """
    place = f"/proc/{process}"
    return Command(
        argv=(
            *("nsenter", f"--net={place}/ns/net"),
            *(sys.executable, "-P", str(Path(__file__).resolve())),
            *(f"{place}/root/etc/resolv.conf", *names),
        ),
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        timeout=60.0,
        data=True,
    )


def asked_by_python(names: Iterable[str]) -> tuple[str, ...]:
    """Arguments that look `names` up where they are run, and print the same mapping as `asked_in`.

    They end with 1 if the server does not answer. They need Python alone, of any version from 3.6.
    """
    return ("python3", "-c", _IN_POD, *names)


def look_up(configuration: str, names: Iterable[str]) -> dict[str, list[str]]:
    """The IPv4 addresses of `names`, by the servers and search list of a resolv.conf.

    Raises:
        dns.exception.DNSException: no server answers within three seconds.
    """
    import dns.resolver

    resolver = dns.resolver.Resolver(filename=configuration)
    resolver.lifetime, resolver.timeout = _PATIENCE, 1.0
    found = {}
    for name in names:
        try:
            answer = resolver.resolve(name, "A", search=True)
            found[name] = sorted(str(record) for record in answer)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            found[name] = []
    return found


if __name__ == "__main__":
    json.dump(look_up(sys.argv[1], sys.argv[2:]), sys.stdout)
