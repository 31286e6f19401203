"""Which programs the shell text of a RUN calls: enough of the shell's grammar to judge them.

What a quoted text or a command substitution holds is not looked into; rules that must see it search
the text itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_PUNCTUATION = ";&|()<>"
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PREFIXES = frozenset(
    {"!", "command", "do", "elif", "else", "env", "exec", "if", "sudo", "then", "time", "until"}
    | {"while", "{"}
)
_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
# Options of package managers that take the next word as their value.
_VALUED = frozenset({"-o", "-c", "-t", "--option", "--prefix", "--target", "--repository", "-X"})


@dataclass(frozen=True)
class Call:
    """One program with its arguments.

    Attributes:
        argv: without assignments and words such as `sudo` before it.
        joined: what stands between it and the call before: `&&`, `||`, `|`, `;`, or nothing.
        writes: files that its output is redirected to.
    """

    argv: tuple[str, ...]
    joined: str = ""
    writes: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The name of the program, without its folder; `pip` for `python -m pip`."""
        name = self.argv[0].rpartition("/")[2]
        if name.startswith("python") and self.argv[1:2] == ("-m",) and len(self.argv) > 2:
            name = self.argv[2]
        return "pip" if re.fullmatch(r"pip[\d.]+", name) else name

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the program."""
        module = self.argv[0].rpartition("/")[2].startswith("python") and self.argv[1:2] == ("-m",)
        return self.argv[3:] if module else self.argv[1:]

    @property
    def operands(self) -> tuple[str, ...]:
        """The arguments that are no options, nor values of the well-known ones."""
        found, skip = [], False
        for word in self.arguments:
            if skip or word in _VALUED:
                skip = not skip
            elif not word.startswith("-"):
                found.append(word)
        return tuple(found)

    @property
    def verb(self) -> str:
        """The first operand: `install` of `apt-get -y install curl`."""
        return next(iter(self.operands), "")

    def has(self, *options: str) -> bool:
        """Whether one of `options` is given, by itself or with `=` and a value."""
        return any(word.partition("=")[0] in options for word in self.arguments)


def calls(text: str) -> tuple[Call, ...]:
    """The calls of a shell text, in order."""
    joined_lines = re.sub(r"\\\r?\n", " ", text)
    lines = [line for line in joined_lines.splitlines() if not line.lstrip().startswith("#")]
    return tuple(call for line in lines for call in _of_line(line))


def of_argv(argv: tuple[str, ...]) -> tuple[Call, ...]:
    """The calls of an exec form, looking into `sh -c`."""
    shell = len(argv) > 2 and argv[0].rpartition("/")[2] in _SHELLS
    if shell and re.fullmatch(r"-[a-z]*c", argv[-2]):
        return calls(argv[-1])
    return (Call(argv),) if argv else ()


def _of_line(line: str) -> Iterator[Call]:
    words: list[str] = []
    writes: list[str] = []
    joined, redirected = "", ""
    for token in _tokens(line):
        if redirected:
            writes += [token] if ">" in redirected and "&" not in redirected else []
            redirected = ""
        elif set(token) <= set("<>&") and set(token) & set("<>"):
            redirected = token
        elif token and set(token) <= set(";&|()"):
            yield from _call(words, joined, writes)
            words, writes, joined = [], [], token if set(token) <= set("&|") else ";"
        else:
            words.append(token)
    yield from _call(words, joined, writes)


def _call(words: list[str], joined: str, writes: list[str]) -> Iterator[Call]:
    index = 0
    while index < len(words) and (words[index] in _PREFIXES or _ASSIGNMENT.match(words[index])):
        index += 1
    if words[index:]:
        yield Call(tuple(words[index:]), joined, tuple(writes))


def _tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:  # a quote that another line closes
        return line.split()
