"""What source files import, found by reading them, without importing any.

Reading takes longer than all else that a run with nothing to do does. So what was found is kept in
the user's cache, in `imports.json`, by the digest of each file: the same content says the same.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from phaseline.core import fast_json
from phaseline.core.files import write_atomic
from phaseline.core.plain import cache_folder

VERSION = 1  # of what is found; another one is not read
_SPARE = 1000  # entries of files that were not met
_MODULE = re.compile(r"phaseline(\.[a-z_][a-z0-9_]*)+")


class Imports:
    """What is known of source files. Making it reads the cache."""

    def __init__(self) -> None:
        self._place = cache_folder() / "imports.json"
        self._known = _load(self._place)
        self._met: set[str] = set()
        self._changed = False

    def of(self, digest: str, file: str) -> str:
        """Each import of `file`, which has this digest, as a line `module name known_as`.

        `name` and `known_as` may be empty.
        """
        self._met.add(digest)
        if digest not in self._known:
            self._known[digest], self._changed = _found(Path(file)), True
        return self._known[digest]

    def save(self) -> None:
        """Write down what is new, for the next command."""
        if not self._changed:
            return
        kept = _load(self._place) | self._known  # another process may have found others
        if len(kept) > 2 * len(self._met) + _SPARE:
            kept = {digest: self._known[digest] for digest in self._met}
        with suppress(OSError):  # a cache that cannot be written only costs time
            write_atomic(self._place, json.dumps({"version": VERSION, "found": kept}))
        self._changed = False


def _load(place: Path) -> dict[str, str]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = fast_json.loads(place.read_bytes())
        if content["version"] == VERSION:
            return dict(content["found"])
    return {}


def _found(file: Path) -> str:
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError:
        return ""
    return "\n".join(sorted({line for node in _nodes(tree) for line in _lines(node)}))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of `tree` that is not for type checking only."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


def _lines(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"{one.name}  " for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield from (f"{module} {one.name} {one.asname or one.name}" for one in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (f"{node.value}  ",) if _MODULE.fullmatch(node.value) else ()
