from __future__ import annotations

import pytest

from phaseline.process.command import MASK, Command, Completed


@pytest.mark.parametrize(
    ("argv", "secrets", "shown"),
    [
        (("helm", "list"), (), "helm list"),
        (("echo", "two words", "it's"), (), """echo 'two words' 'it'"'"'s'"""),
        (("login", "--password=hunter2"), ("hunter2",), f"login --password={MASK}"),
        (("login", "it's secret"), ("it's secret",), f"login {MASK}"),
        (("x", "abcdef"), ("abc", "abcdef"), f"x {MASK}"),
        (("x", "abcdef"), ("abcdef", "abc"), f"x {MASK}"),
        (("x", "a"), ("",), "x a"),
    ],
)
def test_how_a_command_is_shown(
    argv: tuple[str, ...], secrets: tuple[str, ...], shown: str
) -> None:
    command = Command(argv=argv, secrets=secrets)
    assert str(command) == shown
    assert repr(command) == f"<Command {shown}>"


def test_no_representation_gives_a_secret_away() -> None:
    command = Command(
        argv=("psql", "pw-1234"),
        env={"PGPASSWORD": "pw-1234"},
        stdin=b"pw-1234",
        secrets=("pw-1234",),
    )
    completed = Completed(command=command, code=1, stdout="pw-1234", stderr="pw-1234", seconds=0.1)
    for text in (str(command), repr(command), repr(completed), completed.tail):
        assert "pw-1234" not in text


def test_each_line_of_a_secret_with_several_is_masked() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\n}\n"
    command = Command(argv=("x",), secrets=(key,))
    assert command.masked("read MIIEvQIBADANBg there") == f"read {MASK} there"
    assert command.masked('{"a": 1}') == '{"a": 1}'


@pytest.mark.parametrize(
    ("stdout", "stderr", "tail"),
    [
        ("out", "", "out"),
        ("out", "err\n", "err"),
        ("", "", ""),
        ("\n".join(map(str, range(30))), " \n", "\n".join(map(str, range(15, 30)))),
    ],
)
def test_the_tail_is_where_the_cause_stands(stdout: str, stderr: str, tail: str) -> None:
    command = Command(argv=("x",))
    completed = Completed(command=command, code=1, stdout=stdout, stderr=stderr, seconds=0.0)
    assert completed.tail == tail
