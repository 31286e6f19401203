"""Address ranges: which are taken on this machine, which /30 a cluster can have."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from phaseline.core.errors import HostUnfit
from phaseline.core.files import digest_text
from phaseline.core.finding import Finding

Range = ipaddress.IPv4Network


def clash(wanted: str, taken: Iterable[tuple[str, str]]) -> str:
    """The first of `taken` (range, what has it) that overlaps `wanted`, in words; "" if none."""
    for text, owner in taken:
        if Range(wanted).overlaps(Range(text, strict=False)):
            return f"{text} ({owner})"
    return ""


# Of no use for pods and services: this machine itself, links without a router, multicast.
_RESERVED = (
    ("0.0.0.0/8", "this network"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("224.0.0.0/3", "multicast and reserved"),
)
# The controller manager gives the node a /24 of the pods' range, 16 bits below it at most; the API
# server takes services' ranges up to /12, and DNS has the tenth address.
_LENGTHS = {"pod_range": (8, 24), "service_range": (12, 28)}


def judge(field: str, wanted: str, kept: str, taken: Sequence[tuple[str, str]] | None) -> Finding:
    """Whether the range of the setting `cluster.<field>` will do; pure.

    Args:
        kept: what the cluster that there is has; as `wanted` where there is none.
        taken: ranges in use, and what has them; None where that cannot be told.
    """
    largest, smallest = _LENGTHS[field]
    length = Range(wanted).prefixlen
    fix = f"set cluster.{field} in pipeline.yaml to a range that nothing uses"
    if wanted != kept:
        seen = f"{wanted}; the cluster that is here has {kept}"
        return Finding(field, False, seen, f"set it to {kept}, or `invoke cluster.delete` first")
    if not largest <= length <= smallest:
        fix = f"set cluster.{field} to one from /{largest} to /{smallest}"
        return Finding(field, False, f"a /{length} is too {_size(length, smallest)}", fix)
    if found := clash(wanted, [*(taken or ()), *_RESERVED]):
        seen = f"cluster.{field} {wanted} is in use on this machine: it overlaps {found}"
        return Finding(field, False, seen, fix)
    told = "" if taken is not None else " (not told: `ip` is not installed yet)"
    return Finding(field, True, f"{wanted} is free{told}")


def _size(length: int, smallest: int) -> str:
    return "small" if length > smallest else "large"


def judge_link(within: str, taken: Sequence[tuple[str, str]] | None) -> Finding:
    """Whether the setting `cluster.link_range` has room for one more cluster; pure."""
    try:
        pick_link(within, "", [*(taken or ()), *_RESERVED])
    except HostUnfit as error:
        return Finding("link_range", False, f"{error.what}: {error.why}", error.fix)
    return Finding("link_range", True, f"{within} has room")


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
