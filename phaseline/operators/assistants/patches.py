"""Unified diffs of one file: written, and taken only if they are of that file alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from phaseline.core.errors import CheckFailed

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def diff(path: str, old: str, new: str) -> str:
    """The unified diff that makes `new` of `old`, as `git apply` and `patch -p1` take it."""
    lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}", lineterm="\n")
    marked = (x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines)
    return "".join(marked)


def apply(patch: str, path: str, old: str) -> str:
    """`old`, the text of the file `path`, as `patch` changes it.

    The counts in hunk headers are not believed, as by `git apply --recount`. A hunk stands where
    its header says, or else at the one other place that it fits.

    Raises:
        CheckFailed: it is no unified diff, is of another file, or does not fit.
    """
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    if _CONTROL.search(patch.replace("\r\n", "\n")):
        raise _refused("it holds control characters")
    try:
        files = PatchSet(_recounted(patch, path))
    except UnidiffParseError as error:
        raise _refused(f"it is no unified diff: {error}") from error
    lines, done, shift = old.split("\n"), 0, 0
    for hunk in files[0]:
        parts = [(line.line_type, line.value.rstrip("\r\n")) for line in hunk]
        source = [text for kind, text in parts if kind in (" ", "-")]
        start = _place(lines, source, done, hunk.source_start - 1 + shift)
        target = list(_changed(parts, iter(lines[start : start + len(source)])))
        lines[start : start + len(source)] = target
        shift += len(target) - len(source)
        done = start + len(target)
    return "\n".join(lines)


def _changed(parts: list[tuple[str, str]], old: Iterator[str]) -> Iterator[str]:
    """The lines of a hunk after it; what it leaves is taken from the file, line ends included."""
    end = ""
    for kind, text in parts:
        if kind in (" ", "-"):
            line = next(old)
            end = "\r" if line.endswith("\r") else ""
            yield from (line,) if kind == " " else ()
        elif kind == "+":
            yield text + end


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _place(lines: Sequence[str], source: list[str], done: int, wanted: int) -> int:
    if not source:
        if lines != [""]:
            raise _refused("a hunk has no line by which its place can be told")
        return 0
    plain = [line.rstrip("\r") for line in lines]
    starts = range(done, len(lines) - len(source) + 1)
    places = [start for start in starts if plain[start : start + len(source)] == source]
    if wanted in places:
        return wanted
    if len(places) != 1:
        found = "nowhere" if not places else f"at {len(places)} places"
        raise _refused(f"a hunk fits {found}; it begins with {source[0].strip()[:60]!r}")
    return places[0]


def _recounted(patch: str, path: str) -> str:
    """The diff with true counts in its hunk headers; its headers are of `path` alone."""
    headers, hunks = _parts(patch)
    names = [line for line in headers if line.startswith(("--- ", "+++ "))]
    wanted = [f"--- a/{path}", f"+++ b/{path}"]
    plain = [f"--- {path}", f"+++ {path}"]
    git = ("", f"diff --git a/{path} b/{path}")
    others = [h for h in headers if h not in (*git, *wanted, *plain) and not _is_index(h)]
    if names not in (wanted, plain) or others:
        told = (others or names or ["nothing"])[0]
        raise _refused(f"it is not of {path} alone: {told[:80]!r}")
    if not hunks:
        raise _refused("it changes nothing")
    return "\n".join([*wanted, *(line for hunk in hunks for line in _counted(hunk))]) + "\n"


def _is_index(line: str) -> bool:
    return bool(re.fullmatch(r"index [0-9a-f]+\.\.[0-9a-f]+( 100644)?", line))


def _parts(patch: str) -> tuple[list[str], list[list[str]]]:
    headers: list[str] = []
    hunks: list[list[str]] = []
    for line in patch.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        if _HUNK.match(line):
            hunks.append([line])
        elif hunks and (line[:1] in (" ", "+", "-", "\\") or not line) and not _is_name(line):
            hunks[-1].append(line)
        else:
            headers.append(line)
    return headers, hunks


def _is_name(line: str) -> bool:
    return bool(re.match(r"(--- |\+\+\+ )(\S*/|Dockerfile|/dev/null)", line))


def _counted(hunk: list[str]) -> Iterator[str]:
    match = _HUNK.match(hunk[0])
    assert match
    old = sum(line[:1] in (" ", "-", "") for line in hunk[1:])
    new = sum(line[:1] in (" ", "+", "") for line in hunk[1:])
    yield f"@@ -{match[1]},{old} +{match[2]},{new} @@"
    yield from (line or " " for line in hunk[1:])


def _refused(why: str) -> CheckFailed:
    return CheckFailed("the patch is refused", why=why)
