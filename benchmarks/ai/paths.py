"""Where in an object something stands, as scenarios write it."""

from __future__ import annotations

import re
from typing import Any

_MEMBER = re.compile(r"^(?P<key>.*?)(?:\[(?P<member>[^\]]*)\])?$")


def values(held: Any, path: str) -> list[Any]:
    """All that stands at `path`, or at any of its alternatives; nothing where there is no such way.

    Keys are separated by dots, a dot of a key is written with a backslash before it; a list has
    `[number]`, `[*]` for each member, or `[name]` for the one with that `name`.
    """
    return [found for way in path.split("|") for found in _along(held, way)]


def _along(held: Any, way: str) -> list[Any]:
    found = [held]
    for step in re.split(r"(?<!\\)\.", way):
        found = [below for one in found for below in _below(one, step.replace("\\.", "."))]
    return found


def _below(held: Any, step: str) -> list[Any]:
    parsed = _MEMBER.match(step)
    if parsed is None or not isinstance(held, dict) or parsed["key"] not in held:
        return []
    found, member = held[parsed["key"]], parsed["member"]
    if member is None:
        return [found]
    return _members(found, member) if isinstance(found, list) else []


def _members(listed: list[Any], member: str) -> list[Any]:
    if member == "*":
        return listed
    if member.isdigit():
        return listed[int(member) : int(member) + 1]
    return [one for one in listed if isinstance(one, dict) and one.get("name") == member]
