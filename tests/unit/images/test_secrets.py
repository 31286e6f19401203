"""Forms of secrets. The examples are put together here, so that no scanner takes them for real."""

from __future__ import annotations

import pytest

from phaseline.operators.images.checks import secrets

PEM = "-----BEGIN {}PRIVATE" + " KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj" + "\n"
FOUND = [
    ("private key (PEM)", PEM.format("")),
    ("private key (PEM)", PEM.format("OPENSSH ")),
    ("private key (PEM)", PEM.format("RSA ").replace("-\nM", "-\nProc-Type: 4,ENCRYPTED\n\nM")),
    ("AWS access key", "id = AK" + "IA" + "IOSFODNN7EXAMPLE"),
    ("AWS session key", "AS" + "IA" + "IOSFODNN7EXAMPLE"),
    ("GitHub token", "gh" + "p_" + "a1B2" * 9),
    ("GitHub token", "github" + "_pat_" + "a1B2" * 20),
    ("GitLab token", "glp" + "at-" + "a1B2" * 5),
    ("Slack token", "xo" + "xb-" + "1234567890" + "-" + "abcdefghijk"),
    ("Google API key", "AI" + "za" + "a1B2c" * 7),
    ("Stripe key", "sk_" + "live_" + "a1B2" * 6),
    ("npm token", "np" + "m_" + "a1B2" * 9),
    ("PyPI token", "pypi-" + "AgE" + "a1B2" * 20),
    ("npm registry login", "//r.invalid/:_auth" + "Token=0123456789abcdef"),
    ("registry login", '{"auths": {"r.invalid": {"auth": "dXNlcjpwYXNzd29yZA=="}}}'),
    ("signed JSON web token", "ey" + "J" + "a" * 12 + ".ey" + "J" + "b" * 12 + "." + "c" * 24),
]


@pytest.mark.parametrize(("kind", "content"), FOUND)
def test_each_form_is_found_in_a_file(kind: str, content: str) -> None:
    assert list(secrets.in_file("/etc/x", b"before\n" + content.encode() + b"\nafter")) == [kind]


def test_every_form_has_an_example() -> None:
    assert {kind for kind, _ in FOUND} == {form.kind for form in secrets.FORMS}


NAMED = [
    (".netrc", "machine h login u password p"),
    (".pgpass", "host:5432:db:user:word"),
    (".git-credentials", "https://user:word@host"),
    (".env", "DEBUG=1\nDB_PASSWORD=word\n"),
]


@pytest.mark.parametrize(("name", "content"), NAMED)
def test_a_password_is_found_in_the_file_that_is_for_it(name: str, content: str) -> None:
    assert list(secrets.in_file(f"/root/{name}", content.encode())) == [f"password in {name}"]
    assert list(secrets.in_file("/root/notes", content.encode())) == []


HARMLESS = [
    "-----BEGIN PRIVATE KEY-----",  # what a library compares with
    "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
    "postgresql://user:password@host/db",  # of documentation
    "npm_config_cache",
    "_authToken=${NPM_TOKEN}",
    "password = None",
]


@pytest.mark.parametrize("content", HARMLESS)
def test_what_only_looks_like_one_is_none(content: str) -> None:
    assert list(secrets.in_file("/usr/lib/x.py", content.encode())) == []


def test_a_library_may_carry_keys_to_test_itself() -> None:
    assert list(secrets.in_file("/lib/x.so", b"\x7fELF" + PEM.format("").encode())) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DB_PASSWORD", "x", 1),
        ("API_KEY", "x", 1),
        ("token", "x", 1),
        ("PASSWORD_FILE", "/run/secrets/x", 0),
        ("GPG_KEY", "A035", 0),
        ("DB_PASSWORD", "", 0),
        ("URL", "https://u:p@h/", 1),
        ("URL", "https://h/a:b@c", 0),
    ],
)
def test_variables_and_labels(name: str, value: str, expected: int) -> None:
    assert len(list(secrets.in_pair(name, value))) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("RUN curl -H x && DEPLOY_TOKEN=abc ./get", 1),
        ("ARG TOKEN", 0),
        ("RUN login --user u https://u:p@h/", 1),
        ("ENV PASSWORD_FILE=/run/x", 0),
        ('RUN echo "token=$TOKEN"', 0),
    ],
)
def test_lines_of_the_history(command: str, expected: int) -> None:
    assert len(list(secrets.in_command(command))) == expected
