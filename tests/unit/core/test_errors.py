from __future__ import annotations

import re

import pytest

from phaseline.core import errors
from phaseline.core.errors import InvalidConfiguration, PhaselineError, ToolMissing

LINE = re.compile(r"^([│ ├└─]*)(\w+)(?:\s+\((\w+)\))?(?:.*?exit (\d+))?")


def drawn() -> dict[str, tuple[str, str, int]]:
    """From the docstring's tree: name → (parent, builtin, exit code or that of the parent)."""
    assert errors.__doc__
    found: dict[str, tuple[str, str, int]] = {}
    above: list[tuple[int, str]] = []
    for line in errors.__doc__.splitlines()[2:]:
        if not (match := LINE.match(line)):
            continue
        depth, name, builtin, code = len(match[1]) // 4, match[2], match[3] or "", match[4]
        above = [(d, n) for d, n in above if d < depth]
        parent = above[-1][1] if above else "Exception"
        inherited = found[parent][2] if parent in found else 1
        found[name] = (parent, builtin, int(code) if code else inherited)
        above.append((depth, name))
    return found


def real() -> dict[str, tuple[str, str, int]]:
    found = {}
    pending: list[type[PhaselineError]] = [PhaselineError]
    while pending:
        kind = pending.pop()
        parent, *others = (base.__name__ for base in kind.__bases__)
        found[kind.__name__] = (parent, others[0] if others else "", kind.exit_code)
        pending += [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]
    return found


def test_the_tree_that_is_drawn_is_the_tree() -> None:
    assert drawn() == real()


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [getattr(errors, name).code for name in real()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("why", "fix", "text"),
    [
        ("", "", "it broke"),
        ("rust", "", "it broke\n  cause: rust"),
        ("rust", "paint", "it broke\n  cause: rust\n  fix:   paint"),
    ],
)
def test_an_error_says_what_happened_why_and_what_to_do(why: str, fix: str, text: str) -> None:
    for kind in (PhaselineError, InvalidConfiguration, ToolMissing):
        assert str(kind("it broke", why=why, fix=fix)) == text
