"""Secrets by their form: what is certain to be one, told by kind and never by content.

Forms are those that the issuers publish (prefixes of tokens, PEM, .netrc, Docker's config.json). In
files only such forms count; a name like PASSWORD with a value beside it counts in the environment,
labels and history, where nothing has a reason to be called so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_ELF = b"\x7fELF"  # libraries carry keys to test themselves with
LARGEST = 30 << 20  # bytes of a file that is looked into
FORMAT = "1"  # raise it when what is found changes


@dataclass(frozen=True)
class Form:
    """One kind of secret: a literal that is quick to look for, and the whole expression."""

    kind: str
    literal: bytes
    expression: re.Pattern[bytes]


def _form(kind: str, literal: bytes, expression: bytes) -> Form:
    return Form(kind, literal, re.compile(expression))


FORMS = (
    _form(
        "private key (PEM)",
        b"PRIVATE KEY-----",
        rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+"
        rb"(?:[A-Za-z-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{40}",
    ),
    _form("AWS access key", b"AKIA", rb"\bAKIA[0-9A-Z]{16}\b"),
    _form("AWS session key", b"ASIA", rb"\bASIA[0-9A-Z]{16}\b"),
    *(
        _form("GitHub token", prefix, rb"\b" + prefix + rb"[A-Za-z0-9]{36,255}\b")
        for prefix in (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_")
    ),
    _form("GitHub token", b"github_pat_", rb"\bgithub_pat_[A-Za-z0-9_]{60,255}\b"),
    _form("GitLab token", b"glpat-", rb"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    _form("Slack token", b"xox", rb"\bxox[abprs]-[0-9A-Za-z]{8,}-[0-9A-Za-z-]{10,}"),
    _form("Google API key", b"AIza", rb"\bAIza[0-9A-Za-z_-]{35}\b"),
    _form("Stripe key", b"k_live_", rb"\b[rs]k_live_[0-9A-Za-z]{20,}\b"),
    _form("npm token", b"npm_", rb"\bnpm_[A-Za-z0-9]{36}\b"),
    _form("PyPI token", b"pypi-AgE", rb"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    _form("npm registry login", b"_authToken", rb"_authToken\s*=\s*[^\s$]{8,}"),
    _form("registry login", b'"auths"', rb'"auths"\s*:[^\0]{0,4000}?"auth"\s*:\s*"[^"]{8,}"'),
    _form("signed JSON web token", b"eyJ", rb"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
)

# Files that hold a secret or nothing: by name, and what must be in them.
NAMED: Mapping[str, re.Pattern[bytes]] = {
    ".netrc": re.compile(rb"\bpassword\s+\S"),
    ".pgpass": re.compile(rb"^(?:[^:#\n]*:){4}\S", re.M),
    ".git-credentials": re.compile(rb"://[^/\s:@]+:[^/\s@]+@"),
    ".env": re.compile(rb"(?i)^\s*\w*(?:password|passwd|secret|token|api_?key)\w*\s*=\s*\S", re.M),
}
_TELLING = re.compile(r"(?i)(?:^|_)(?:password|passwd|secret|token|api_?key|private_?key)$")
_ADDRESS = re.compile(r"\w://[^/\s:@]+:[^/\s@$]+@")
_ASSIGNED = re.compile(
    r"(?i)\b(\w*(?:password|passwd|secret|token|api_?key|private_?key))=(?![\s$\"']|$)\S"
)


def in_file(name: str, content: bytes) -> Iterator[str]:
    """The kinds of secrets in a file called `name`, each once."""
    forms = FORMS[1:] if content.startswith(_ELF) else FORMS
    seen = {form.kind for form in forms if form.literal in content and _meets(form, content)}
    if (expected := NAMED.get(name.rpartition("/")[2])) and expected.search(content):
        seen.add(f"password in {name.rpartition('/')[2]}")
    yield from sorted(seen)


def in_pair(name: str, value: str) -> Iterator[str]:
    """The kinds of secrets in a variable or label and its value."""
    kinds = set(in_file("", value.encode()))
    if value and _TELLING.search(name):
        kinds.add("value of a name that says it is secret")
    if _ADDRESS.search(value):
        kinds.add("address with a password")
    yield from sorted(kinds)


def in_command(text: str) -> Iterator[str]:
    """The kinds of secrets in a line of the image's history."""
    kinds = set(in_file("", text.encode()))
    if _ASSIGNED.search(text):
        kinds.add("value of a name that says it is secret")
    if _ADDRESS.search(text):
        kinds.add("address with a password")
    yield from sorted(kinds)


def _meets(form: Form, content: bytes) -> bool:
    return form.expression.search(content) is not None
