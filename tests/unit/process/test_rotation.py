from __future__ import annotations

from pathlib import Path

from phaseline.process.rotation import rotate


def test_a_small_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    log.write_text("12345")
    assert not rotate(log, 5)
    assert not rotate(tmp_path / "none.log", 5)
    assert [path.name for path in tmp_path.iterdir()] == ["one.log"]


def test_a_large_log_is_emptied_and_its_end_is_kept(tmp_path: Path) -> None:
    log, older = tmp_path / "one.log", tmp_path / "one.log.1"
    with log.open("a") as writer:
        for text in ("first and longer than is kept", "second"):
            writer.write(text)
            writer.flush()
            assert rotate(log, 5)
            assert log.read_text() == ""
            assert older.read_text() == text[-5:]
        writer.write("more")
    # who appends goes on at the beginning of what was emptied
    assert log.read_text() == "more"
    assert older.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.log", "one.log.1"]
