"""The memo of digests: right whatever happens to a file."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from phaseline.core.files import digest_file
from phaseline.engine import memo
from phaseline.engine.memo import Memo


@pytest.fixture
def known(tmp_path: Path) -> Memo:
    return Memo(tmp_path / "state" / "hashes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 10_000)
    return path


def ask(known: Memo, path: Path) -> str:
    return known.digest(path.name, str(path), path.lstat())


def settle() -> None:
    """Let the file grow older than the clock's granularity."""
    time.sleep(0.05)


def remembered(known: Memo, path: Path) -> bool:
    """Whether its digest is given without reading it: a file that is gone cannot be read."""
    status, aside = path.lstat(), path.with_suffix(".aside")
    path.rename(aside)
    try:
        known.digest(path.name, str(path), status)
    except FileNotFoundError:
        return False
    else:
        return True
    finally:
        aside.rename(path)


def replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(b"b" * 10_000)
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)


def rewrite(path: Path) -> None:
    times = path.stat()
    path.write_bytes(b"b" * 10_000)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def map_and_write(path: Path) -> None:
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as mapped:
        mapped[5000] = ord("b")


CHANGES: dict[str, Callable[[Path], object]] = {
    "written over, same size and mtime": rewrite,
    "another renamed over it, same size and mtime": replace,
    "cut": lambda path: os.truncate(path, 9_999),
    "grown": lambda path: path.write_bytes(b"a" * 10_001),
    "written through a mapping": map_and_write,
    "executable": lambda path: path.chmod(0o755),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_however_it_was_made(change: str, known: Memo, file: Path) -> None:
    settle()
    before = ask(known, file)
    assert file.name in known._known
    CHANGES[change](file)
    assert ask(known, file) == digest_file(file) != before


def test_what_was_just_written_is_read_again(known: Memo, file: Path) -> None:
    file.write_bytes(b"b")
    ask(known, file)
    assert not remembered(known, file)
    settle()
    ask(known, file)
    assert remembered(known, file)


def test_a_file_from_the_future_is_never_remembered(
    known: Memo, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    back = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: back)  # the clock was set back by an hour
    ask(known, file)
    assert not remembered(known, file)


def test_what_somebody_has_open_for_writing_is_read_each_time(known: Memo, file: Path) -> None:
    with file.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as mapped:
        mapped[0] = ord("b")
        settle()
        first = ask(known, file)
        mapped[0] = ord("c")  # the page is dirty already: no new ctime
        assert ask(known, file) == digest_file(file) != first
        assert not remembered(known, file)


def test_it_lasts_from_one_command_to_the_next(tmp_path: Path, file: Path) -> None:
    place = tmp_path / "state" / "hashes"
    first = Memo(place)
    settle()
    digest = ask(first, file)
    first.save()
    second = Memo(place)
    assert ask(second, file) == digest
    assert remembered(second, file)
    status = place.stat()
    second.save()
    assert place.stat() == status  # nothing new, so nothing was written


HARMS: dict[str, Callable[[Path], object]] = {
    "gone": lambda place: place.unlink(),
    "empty": lambda place: place.write_bytes(b""),
    "cut": lambda place: os.truncate(place, place.stat().st_size - 3),
    "altered": lambda place: place.write_bytes(place.read_bytes().replace(b'": "', b'": " ')),
    "no text": lambda place: place.write_bytes(b"\xff\xfe"),
    "newer": lambda place: place.write_bytes(
        place.read_bytes().replace(b'"version": 2', b'"version": 3')
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_memo_that_cannot_be_read_is_only_slower(harm: str, tmp_path: Path, file: Path) -> None:
    place = tmp_path / "state" / "hashes"
    first = Memo(place)
    settle()
    ask(first, file)
    first.save()
    HARMS[harm](place)
    second = Memo(place)
    assert not remembered(second, file)
    assert ask(second, file) == digest_file(file)


def test_what_is_to_be_forgotten_is_read_again(tmp_path: Path, file: Path) -> None:
    known = memo.of(tmp_path)
    settle()
    ask(known, file)
    memo.forget(tmp_path)
    assert not remembered(known, file)
    assert ask(known, file) == digest_file(file)


def test_files_that_are_no_longer_met_are_dropped_in_the_end(tmp_path: Path) -> None:
    place = tmp_path / "hashes"
    first = Memo(place)
    settle()
    for number in range(2500):
        path = tmp_path / f"f{number}"
        path.touch()
        first._known[path.name] = "stamp " + "0" * 64
    first._changed = True
    first.save()
    assert len(Memo(place)._known) == 0


def test_a_link_counts_with_what_it_leads_to(known: Memo, file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to("file")
    settle()
    before = ask(known, link)
    assert before == digest_file(link) != digest_file(file)
    file.write_bytes(b"b")
    assert ask(known, link) == digest_file(link) != before
    file.unlink()
    assert ask(known, link) == digest_file(link)
    link.unlink()
    link.symlink_to("link")
    assert ask(known, link) == digest_file(link)
