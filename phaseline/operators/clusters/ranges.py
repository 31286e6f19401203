"""Address ranges: which are taken on this machine, which /30 a cluster can have."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from phaseline.core.errors import HostUnfit
from phaseline.core.files import digest_text

Range = ipaddress.IPv4Network


def clash(wanted: str, taken: Iterable[tuple[str, str]]) -> str:
    """The first of `taken` (range, what has it) that overlaps `wanted`, in words; "" if none."""
    for text, owner in taken:
        if Range(wanted).overlaps(Range(text, strict=False)):
            return f"{text} ({owner})"
    return ""


def pick_link(within: str, name: str, taken: Iterable[tuple[str, str]]) -> str:
    """A free /30 of the range `within` for the cluster `name`.

    The search starts at a place that the name decides, so that a cluster keeps its address when it
    can, and two clusters seldom want the same.

    Raises:
        HostUnfit: every /30 of the range is in use.
    """
    used = list(taken)
    space = Range(within)
    count = 2 ** (30 - space.prefixlen)
    start = int(digest_text(name)[:8], 16)
    for offset in range(min(count, 4096)):
        first = int(space.network_address) + 4 * ((start + offset) % count)
        candidate = f"{ipaddress.IPv4Address(first)}/30"
        if not clash(candidate, used):
            return candidate
    raise HostUnfit(
        f"cluster.link_range {within} is in use on this machine",
        why=f"it overlaps {clash(within, used)}",
        fix="set cluster.link_range in pipeline.yaml to a range that nothing uses",
    )
