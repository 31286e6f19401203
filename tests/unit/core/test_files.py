from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from phaseline.core.errors import LockHeld
from phaseline.core.files import (
    digest_file,
    digest_sha256,
    digest_text,
    locked,
    remove_drafts,
    write_atomic,
    write_json,
)
from tests.unit.waiting import eventually

WRITER = """
import sys
from pathlib import Path
from phaseline.core.files import write_atomic
number = 0
while True:
    number += 1
    write_atomic(Path(sys.argv[1]), f"{number}\\n" * 20_000)
"""
HOLDER = """
import sys, time
from pathlib import Path
from phaseline.core.files import locked
with locked(Path(sys.argv[1]), "making tea"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_what_is_written_is_there_with_its_mode(tmp_path: Path) -> None:
    path = write_atomic(tmp_path / "new" / "file", "text", mode=0o600)
    assert path.read_text() == "text"
    assert path.stat().st_mode & 0o777 == 0o600
    write_json(path, {"b": 1, "a": [2]})
    assert path.read_text() == '{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "folder", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_a_file_is_whole_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for attempt in range(12):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) as writer:
            assert eventually(path.exists, 10.0)
            time.sleep(attempt * 0.009)
            writer.send_signal(signal.SIGKILL)
        lines = path.read_text().splitlines()
        assert len(lines) == 20_000
        assert len(set(lines)) == 1
        path.unlink()
    mine = {".dotted", ".file.short.draft", ".draft", "file.abcdefgh.draft"}
    for name in mine:
        (tmp_path / name).touch()
    (tmp_path / ".file.abcdefgh.draft").touch()  # at least one, wherever they were killed
    remove_drafts(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == mine
    remove_drafts(tmp_path / "nowhere")


def test_a_lock_names_its_holder_and_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "lock"
    argv = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(LockHeld, match=rf"process {holder.pid} \(making tea"),
            locked(path, "x"),
        ):
            pass
        told: list[str] = []
        with (
            pytest.raises(LockHeld),
            locked(path, "x", wait_seconds=0.3, waiting=told.append),
        ):
            pass
        assert told
        assert str(holder.pid) in told[0]
        holder.send_signal(signal.SIGKILL)
    with locked(path, "mine") as cut_off:
        assert cut_off
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert path.read_text() == ""
    with locked(path, "mine") as cut_off:
        assert not cut_off


def test_who_waits_for_a_lock_gets_it(tmp_path: Path) -> None:
    path, order = tmp_path / "lock", list[str]()

    def second() -> None:
        with locked(path, "second", wait_seconds=5.0):
            order.append("second")

    with locked(path, "first"):
        waiter = threading.Thread(target=second)
        waiter.start()
        time.sleep(0.15)
        order.append("first")
    waiter.join()
    assert order == ["first", "second"]


def test_a_lock_whose_folder_was_removed_excludes_nobody_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "state" / "lock"
    with locked(path, "removing"):
        path.unlink()
        path.parent.rmdir()
    with locked(path, "again"), pytest.raises(LockHeld, match="again"), locked(path, "third"):
        pass


def test_many_processes_never_hold_a_lock_together(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from phaseline.core.files import locked
count = Path(sys.argv[1])
for _ in range(20):
    with locked(count.with_name("lock"), "counting", wait_seconds=30):
        count.write_text(str(int(count.read_text()) + 1))
"""
    count = tmp_path / "count"
    count.write_text("0")
    writers = [subprocess.Popen([sys.executable, "-c", script, str(count)]) for _ in range(3)]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    assert count.read_text() == "60"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("ab",), ("a", "b")),
        (("a", ""), ("a",)),
        (("1:a",), ("a",)),
        ((), ("",)),
        (("a", "b"), ("b", "a")),
    ],
)
def test_the_bounds_of_parts_count(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert digest_text(*one) != digest_text(*other)


def test_a_name_of_any_bytes_has_a_digest() -> None:
    assert digest_text(os.fsdecode(b"\xff")) != digest_text(os.fsdecode(b"\xfe"))


def test_a_files_digest_sees_content_mode_kind_and_target(tmp_path: Path) -> None:
    file, twin, link = tmp_path / "file", tmp_path / "twin", tmp_path / "link"
    file.write_text("content")
    twin.write_text("content")
    link.symlink_to("file")
    plain = digest_file(file)
    assert digest_file(twin) == plain  # the name is not the file's
    os.utime(twin, (1, 1))
    twin.chmod(0o600)
    assert digest_file(twin) == plain  # nor are its times, nor the umask of a checkout
    twin.chmod(0o755)
    assert digest_file(twin) != plain
    file.write_text("Content")
    assert digest_file(file) != plain
    to_file = digest_file(link)
    assert to_file != digest_file(file)
    link.unlink()
    link.symlink_to("nowhere")
    assert digest_file(link) != to_file
    link.unlink()
    link.write_text("file")  # a file that holds what a link points to
    assert digest_file(link) != to_file


def test_the_published_form_is_plain_sha256(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    digest = digest_sha256(tmp_path / "file")
    assert digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
