"""Questions to one DNS server, past whatever resolver this machine uses."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed


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
