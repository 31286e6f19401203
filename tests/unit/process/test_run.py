from __future__ import annotations

import time
from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed, PhaselineError, TimedOut, ToolMissing
from phaseline.process.command import MASK, Command
from phaseline.process.run import attempt, run
from tests.unit.process.conftest import Kept
from tests.unit.waiting import eventually, number_in, runs

SECRET = "s3cret-word"


def sh(script: str, timeout: float = 10.0, secrets: tuple[str, ...] = ()) -> Command:
    return Command(argv=("sh", "-c", script), timeout=timeout, secrets=secrets)


def test_outputs_are_kept_apart_and_every_line_is_passed_on(kept: Kept) -> None:
    seen: list[str] = []
    completed = run(sh("echo one; echo two >&2; printf three"), seen.append)
    assert (completed.code, completed.stdout, completed.stderr) == (0, "one\nthree", "two\n")
    assert sorted(seen) == sorted(kept.lines) == ["one", "three", "two"]
    assert kept.commands == [completed]


@pytest.mark.parametrize("code", [1, 2, 77, 255])
def test_an_exit_code_that_is_not_accepted_is_a_failure(code: int) -> None:
    command = sh(f"echo the cause >&2; exit {code}")
    with pytest.raises(CommandFailed, match=f"`sh` ended with exit code {code}") as caught:
        run(command)
    assert caught.value.why == "the cause"
    assert str(command) in caught.value.fix
    assert attempt(command).code == code


def test_an_accepted_exit_code_is_an_answer() -> None:
    assert run(Command(argv=("sh", "-c", "exit 3"), accept=frozenset({0, 3}))).code == 3


def test_a_failure_without_a_word_says_so() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(sh("kill -9 $$"))
    assert caught.value.what.endswith("exit code -9")
    assert caught.value.why == "it printed nothing"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ToolMissing, match="no-such-program"):
        run(Command(argv=("no-such-program",)))


def test_programs_are_found_on_the_path_of_the_command(tmp_path: Path) -> None:
    stand_in = tmp_path / "stand-in"
    stand_in.write_text("#!/bin/sh\necho here $GREETING\n")
    stand_in.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/bin:/usr/bin", "GREETING": "hello", "HOME": None}
    assert run(Command(argv=("stand-in",), env=env)).stdout == "here hello\n"
    names = [
        line.partition("=")[0] for line in run(Command(argv=("env",), env=env)).stdout.splitlines()
    ]
    assert "HOME" not in names


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="cannot be started") as caught:
        run(Command(argv=("true",), cwd=tmp_path / "nowhere"))
    assert "nowhere" in caught.value.why


def test_stdin_is_given_or_empty() -> None:
    assert run(Command(argv=("cat",), stdin=b"given")).stdout == "given"
    assert run(Command(argv=("cat",))).stdout == ""


def test_more_input_than_a_pipe_holds_comes_back_whole() -> None:
    text = "0123456789abcde\n" * 100_000
    assert run(Command(argv=("cat",), stdin=text.encode())).stdout == text


def test_input_that_nobody_reads_is_no_fault() -> None:
    assert run(Command(argv=("true",), stdin=b"x" * 1_000_000)).code == 0


def test_the_time_limit_holds_while_input_is_not_read() -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"`sleep` took longer than 0\.3 s"):
        run(Command(argv=("sleep", "30"), stdin=b"x" * 1_000_000, timeout=0.3))
    assert time.monotonic() - began < 3.0


def test_a_time_limit_ends_the_whole_group_and_tells_the_last_words(tmp_path: Path) -> None:
    child, grandchild = tmp_path / "child", tmp_path / "grandchild"
    inner = f"echo $$ > {grandchild}; exec sleep 60"
    script = f"echo $$ > {child}; sh -c '{inner}' & echo almost done; wait"
    with pytest.raises(TimedOut) as caught:
        run(sh(script, timeout=0.5))
    assert caught.value.why == "almost done"
    for pid in (number_in(child), number_in(grandchild)):
        assert eventually(lambda pid=pid: not runs(pid))  # type: ignore[misc]


def test_who_ignores_sigterm_is_ended_by_force(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"trap '' TERM; echo $$ > {pid}; while true; do sleep 0.05; done"
    began = time.monotonic()
    with pytest.raises(TimedOut):
        run(Command(argv=("sh", "-c", script), timeout=0.3, stop=0.3))
    assert time.monotonic() - began < 3.0
    assert not runs(number_in(pid))


def test_a_grandchild_that_keeps_the_pipe_open_does_not_hold_us() -> None:
    began = time.monotonic()
    completed = run(sh("sleep 6 & echo done"))
    assert completed.stdout == "done\n"
    assert time.monotonic() - began < 4.0


@pytest.mark.parametrize(
    ("script", "timeout"), [(f"echo {SECRET}; exit 1", 10.0), (f"echo {SECRET}; sleep 9", 0.4)]
)
def test_a_secret_is_in_no_line_and_in_no_error(kept: Kept, script: str, timeout: float) -> None:
    with pytest.raises(PhaselineError) as caught:
        run(sh(script, timeout, secrets=(SECRET,)))
    told = [str(caught.value), *kept.lines, *(str(done) for done in kept.commands)]
    assert not any(SECRET in text for text in told)
    assert MASK in caught.value.why
    assert kept.lines == [MASK]


def test_data_for_us_is_in_no_line(kept: Kept) -> None:
    command = Command(argv=("sh", "-c", f"echo {SECRET}; echo beside >&2"), data=True)
    assert run(command).stdout == f"{SECRET}\n"
    assert kept.lines == ["beside"]


@pytest.mark.parametrize("end", ["echo why >&2; exit 1", "exit 1", "echo why >&2; sleep 9"])
def test_data_for_us_is_in_no_error(kept: Kept, end: str) -> None:
    script = f"word=$(echo {SECRET[::-1]} | rev); echo $word; {end}"
    with pytest.raises(PhaselineError) as caught:
        run(Command(argv=("sh", "-c", script), timeout=0.4, data=True))
    assert SECRET not in str(caught.value)
    assert caught.value.why == ("why" if "why" in end else "it printed nothing")
    assert kept.lines == (["why"] if "why" in end else [])


def test_a_program_may_print_the_secret_that_it_was_asked_for() -> None:
    assert run(sh(f"echo {SECRET}", secrets=(SECRET,))).stdout == f"{SECRET}\n"


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert run(sh(r"printf '\377\376ok\n'")).stdout.endswith("ok\n")
