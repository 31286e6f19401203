from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from phaseline.core.errors import CommandFailed, TimedOut, ToolMissing
from phaseline.process.command import MASK, Command
from phaseline.process.run import pipe
from tests.unit.process.conftest import Kept
from tests.unit.waiting import eventually, number_in, runs


def program(folder: Path, name: str, script: str) -> Command:
    """A stand-in with a name of its own, so that errors can be told apart."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Command(argv=(str(path),), timeout=5.0, secrets=("pw-1234",))


def no_zombies() -> bool:
    return all(child.status() != psutil.STATUS_ZOMBIE for child in psutil.Process().children())


def test_what_one_writes_the_other_reads(tmp_path: Path, kept: Kept) -> None:
    give, take = program(tmp_path, "give", "seq 1 200000"), program(tmp_path, "take", "wc -l")
    completed = pipe(give, take)
    assert completed.stdout.strip() == "200000"
    assert completed.command == take
    assert [done.command for done in kept.commands] == [give, take]


@pytest.mark.parametrize(
    ("give", "take", "blamed", "why"),
    [
        ("echo half; echo broken >&2; exit 3", "cat", "`give` ended with exit code 3", "broken"),
        ("seq 1 200000", "echo full >&2; exit 4", "`take` ended with exit code 4", "full"),
        ("exit 3", "cat >/dev/null; exit 4", "`give` ended with exit code 3", "printed nothing"),
        ("echo pw-1234 >&2; exit 3", "cat", "`give`", MASK),
        ("echo", "echo pw-1234 >&2; exit 1", "`take`", MASK),
    ],
)
def test_the_side_that_failed_is_named(
    tmp_path: Path, give: str, take: str, blamed: str, why: str
) -> None:
    with pytest.raises(CommandFailed) as caught:
        pipe(program(tmp_path, "give", give), program(tmp_path, "take", take))
    assert blamed in caught.value.what
    assert why in caught.value.why
    assert "give | " in caught.value.fix
    assert "pw-1234" not in str(caught.value)
    assert no_zombies()


def test_a_reader_that_has_enough_is_no_failure_of_its_own(tmp_path: Path) -> None:
    give, take = (
        program(tmp_path, "give", "exec seq 1 200000"),
        program(tmp_path, "take", "head -1"),
    )
    with pytest.raises(CommandFailed, match=r"`give` ended with exit code -13"):
        pipe(give, take)


def test_a_producer_may_complain_at_length(tmp_path: Path) -> None:
    give = program(tmp_path, "give", "seq 1 100000 >&2; echo made")
    began = time.monotonic()
    assert pipe(give, program(tmp_path, "take", "cat")).stdout == "made\n"
    assert time.monotonic() - began < 4.0


@pytest.mark.parametrize(("give", "take"), [("sleep 60", "cat"), ("cat /dev/zero", "sleep 60")])
def test_the_time_limit_ends_both_sides(tmp_path: Path, give: str, take: str) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    producer = program(tmp_path, "give", f"echo $$ > {first}; {give}")
    consumer = Command(argv=("sh", "-c", f"echo $$ > {second}; {take}"), timeout=0.5)
    with pytest.raises(TimedOut, match=r"longer than 0\.5 s"):
        pipe(producer, consumer)
    for pid in (number_in(first), number_in(second)):
        assert eventually(lambda pid=pid: not runs(pid))  # type: ignore[misc]
    assert no_zombies()


def test_a_missing_side_is_named_before_anything_runs(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    there, missing = program(tmp_path, "there", f"touch {mark}"), Command(argv=("no-such-thing",))
    for pair in ((there, missing), (missing, there)):
        with pytest.raises(ToolMissing, match="no-such-thing"):
            pipe(*pair)
    assert not mark.exists()
    assert no_zombies()


def test_the_producer_is_given_its_input(tmp_path: Path) -> None:
    give = Command(argv=("cat",), stdin=b"x" * 300_000)
    assert pipe(give, program(tmp_path, "take", "wc -c")).stdout.strip() == "300000"
