"""What a change makes of an object, as lines to read. What Secrets hold is never in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phaseline.core.texts import plain
from phaseline.operators.ai_operations.secrecy import HIDDEN, discreet, secret_name

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OMITTED = (
    *("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"),
    "selfLink",
)
_KEYS = ("name", "containerPort", "port", "mountPath", "ip", "key")  # that tell a list's items
_LONGEST = 300

Fields = dict[str, Any]


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """Lines `+ path: value`, `- path: value`, `~ path: old -> new`, sorted by path."""
    # compared as they are, for two secrets that differ look alike when they are hidden
    was, is_ = _fields(before or {}), _fields(after or {})
    old, new = _fields(hidden(before or {})), _fields(hidden(after or {}))
    lines = []
    for path in sorted(was.keys() | is_.keys()):
        if path not in was:
            lines.append(f"+ {path}: {_shown(new[path])}")
        elif path not in is_:
            lines.append(f"- {path}: {_shown(old[path])}")
        elif was[path] != is_[path]:
            lines.append(f"~ {path}: {_shown(old[path])} -> {_shown(new[path])}")
    return lines


def hidden(content: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what it keeps secret: a Secret's values, variables named like one."""
    shown: dict[str, Any] = {}
    secret = content.get("kind") == "Secret"
    for name, value in content.items():
        if secret and name in ("data", "stringData") and isinstance(value, Mapping):
            shown[name] = dict.fromkeys(value, HIDDEN)
        else:
            shown[name] = _masked(value)
    return shown


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        named = "value" in value and secret_name(str(value.get("name", "")))
        return {k: HIDDEN if named and k == "value" else _masked(v) for k, v in value.items()}
    if isinstance(value, str):
        return discreet(value)
    return [_masked(one) for one in value] if isinstance(value, list) else value


def _fields(content: Mapping[str, Any]) -> Fields:
    if not content:
        return {}
    metadata = {k: v for k, v in content.get("metadata", {}).items() if k not in _OMITTED}
    if noted := metadata.get("annotations"):  # a copy of it all, with what is secret
        metadata["annotations"] = {k: v for k, v in noted.items() if k != _APPLIED}
    kept = {k: v for k, v in content.items() if k not in ("status", "metadata")}
    return dict(_flat({**kept, "metadata": metadata}, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{_label(inner, number)}]")
    else:
        yield path, value


def _label(item: Any, number: int) -> str:
    if isinstance(item, Mapping):
        for key in _KEYS:
            if key in item:
                return str(item[key])
    return str(number)


def _shown(value: Any) -> str:
    text = plain(str(value).replace("\n", "\\n"))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
