"""A patch of a values file that changes values and nothing else: comments and form stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff

import yaml


def patched(text: str, changes: Mapping[tuple[str, ...], str], file: str) -> str:
    """The unified diff that sets values by their paths, "" for none.

    Only a value that stands in the file is changed; one that it lacks is left out.

    Args:
        file: the name in the diff's heads.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    spans = [(found, new) for path, new in changes.items() if (found := _scalar(root, path))]
    made = text
    for node, new in sorted(spans, key=lambda one: -one[0].start_mark.index):
        made = made[: node.start_mark.index] + new + made[node.end_mark.index :]
    lines = unified_diff(
        text.splitlines(keepends=True),
        made.splitlines(keepends=True),
        f"a/{file}",
        f"b/{file}",
    )
    return "".join(lines)


def _scalar(node: yaml.Node | None, path: tuple[str, ...]) -> yaml.ScalarNode | None:
    for name in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for key, value in node.value if key.value == name), None)
    return node if isinstance(node, yaml.ScalarNode) else None
