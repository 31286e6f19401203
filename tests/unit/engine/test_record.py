"""The file of records: appended to, cut, damaged, written by several at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine import canonical, record
from phaseline.engine.table import Table

TREE = Path(__file__).parents[3]
LONG = canonical.one({f"phaseline/{number}.py": "0" * 64 for number in range(20)})
WRITER = """
import sys
from pathlib import Path
from tests.unit.engine.test_record import made
from phaseline.engine import canonical, record
for number in range(int(sys.argv[3])):
    record.save(Path(sys.argv[1]), made(f"{sys.argv[2]}{number}"))
"""


def made(step: str, key: str = "k", **parts: Any) -> record.Record:
    return record.Record(
        step=step,
        key=key,
        parts={"code": LONG, "inputs": {"in": key}, **parts},
        outputs={f"{step}.out": key},
        identity={},
        summary="done",
        lines=("a line",),
        run="run-1",
        started=1.5,
        seconds=0.25,
    )


def again(state: Path) -> dict[str, record.Record]:
    """The records as another process reads them."""
    record._table.cache_clear()
    return record.load_all(state)


def file(state: Path) -> Path:
    return state / "records.jsonl"


def test_what_was_saved_is_read_back_by_this_process_and_the_next(tmp_path: Path) -> None:
    saved = made("a"), made("b", projection={"x": "y"})
    for one in saved:
        record.save(tmp_path, one)
    assert record.load(tmp_path, "a") == saved[0]
    assert again(tmp_path) == {"a": saved[0], "b": saved[1]}
    record.forget(tmp_path, "a")
    assert record.load(tmp_path, "a") is None
    assert again(tmp_path) == {"b": saved[1]}


def test_each_line_is_json_and_what_many_have_in_common_stands_once(tmp_path: Path) -> None:
    for name in "abc":
        record.save(tmp_path, made(name))
    lines = [json.loads(line) for line in file(tmp_path).read_text().splitlines()]
    assert (lines[0]["format"], lines[0]["version"]) == ("phaseline records", record.VERSION)
    assert sum("shared" in line for line in lines) == 1
    assert file(tmp_path).read_text().count("phaseline/7.py") == 1


def test_forgetting_what_is_not_there_writes_nothing(tmp_path: Path) -> None:
    record.forget(tmp_path, "a")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_only_grown_by_others_is_read_again(tmp_path: Path) -> None:
    record.save(tmp_path, made("a"))
    assert record.load_all(tmp_path).keys() == {"a"}
    Table(file(tmp_path), "phaseline records", record.VERSION, dict).put({"b": _content(made("b"))})
    assert record.load(tmp_path, "b") == made("b")


def _content(one: record.Record) -> dict[str, Any]:
    return {**one._asdict(), "lines": list(one.lines)}


def test_a_run_that_holds_the_records_sees_its_own_and_afterwards_all(tmp_path: Path) -> None:
    record.save(tmp_path, made("a"))
    with record.held(tmp_path):
        record.save(tmp_path, made("b"))
        assert record.load(tmp_path, "b") == made("b")
        other = [sys.executable, "-c", WRITER, str(tmp_path), "c", "1"]
        subprocess.run(other, cwd=TREE, check=True)
        record.forget(tmp_path, "a")
        assert record.load(tmp_path, "a") is None
    assert sorted(record.load_all(tmp_path)) == ["b", "c0"]
    assert again(tmp_path) == {"b": made("b"), "c0": made("c0")}


def test_it_is_written_anew_when_mostly_dead(tmp_path: Path) -> None:
    for number in range(450):
        record.save(tmp_path, made("a", str(number)))
        record.save(tmp_path, made(f"s{number % 3}"))
    assert len(file(tmp_path).read_bytes().splitlines()) < 450
    assert again(tmp_path).keys() == {"a", "s0", "s1", "s2"}
    assert again(tmp_path)["a"].key == "449"
    assert [path.name for path in tmp_path.iterdir()] == ["records.jsonl"]


def history(state: Path) -> list[tuple[int, dict[str, record.Record]]]:
    """Saves and forgets; the size of the file after each, and what was then recorded."""
    found: list[tuple[int, dict[str, record.Record]]] = []
    for step, key in [("a", "1"), ("b", "1"), ("a", "2"), ("b", ""), ("c", "1"), ("a", "")]:
        record.save(state, made(step, key)) if key else record.forget(state, step)
        found.append((file(state).stat().st_size, record.load_all(state)))
    return found


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_wherever_it_is_cut_off_what_was_told_to_be_kept_is_there(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        steps = history(state)
        size = data.draw(st.integers(0, steps[-1][0]))
        os.truncate(file(state), size)
        whole = [recorded for end, recorded in steps if end <= size]
        assert again(state) == (whole[-1] if whole else {})
        record.save(state, made("d"))  # which cuts what was torn
        assert again(state) == {**(whole[-1] if whole else {}), "d": made("d")}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_damaged_nothing_false_is_taken_for_recorded(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        last = history(state)[-1][1]
        content = bytearray(file(state).read_bytes())
        place = data.draw(st.integers(0, len(content) - 2))  # the last end of line: as if torn
        content[place] ^= data.draw(st.integers(1, 255))
        file(state).write_bytes(content)
        try:
            found = again(state)
        except InvalidConfiguration:
            return  # a header that says something else
        assert found.items() <= last.items()
        record.save(state, made("d"))
        assert again(state) == {**found, "d": made("d")}


def test_a_tail_of_zeros_that_a_power_cut_left_is_no_record(tmp_path: Path) -> None:
    record.save(tmp_path, made("a"))
    with file(tmp_path).open("ab") as stream:
        stream.write(b"\0" * 4096)
    assert again(tmp_path) == {"a": made("a")}
    record.save(tmp_path, made("b"))
    assert b"\0" not in file(tmp_path).read_bytes()
    assert again(tmp_path).keys() == {"a", "b"}


def test_a_newer_version_is_refused_with_a_way_out(tmp_path: Path) -> None:
    record.save(tmp_path, made("a"))
    newer = Table(tmp_path / "new", "phaseline records", record.VERSION + 1, dict)
    newer.put({"a": {}})
    (tmp_path / "new").replace(file(tmp_path))
    before = file(tmp_path).read_bytes()
    calls: list[Callable[[], object]] = [
        partial(record.load, tmp_path, "a"),
        partial(record.save, tmp_path, made("b")),
    ]
    for call in calls:
        with pytest.raises(InvalidConfiguration, match="this version does not know") as caught:
            call()
        assert f"{record.VERSION + 1}" in caught.value.why
        assert "remove the file" in caught.value.fix
    assert file(tmp_path).read_bytes() == before


def test_records_of_the_first_version_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    old = {**made("a")._asdict(), "lines": ["a line"], "version": 1}
    del old["projection"]
    (tmp_path / "records/a.json").write_text(json.dumps(old))
    (tmp_path / "records/b.json").write_text("{")
    (tmp_path / "records/c.json").write_text(json.dumps({**old, "step": "c", "version": 7}))
    assert again(tmp_path) == {"a": made("a")}
    assert (tmp_path / "records").exists()  # looking changes nothing
    record.save(tmp_path, made("d"))
    assert again(tmp_path).keys() == {"a", "d"}
    assert not (tmp_path / "records").exists()


def _save(state: Path, name: str) -> None:
    for number in range(60):
        record.save(state, made(f"{name}{number}"))


def test_threads_and_processes_write_at_once_and_a_reader_sees_only_whole_records(
    tmp_path: Path,
) -> None:
    argv = [sys.executable, "-c", WRITER, str(tmp_path)]
    others = [subprocess.Popen([*argv, name, "60"], cwd=TREE) for name in ("p", "q")]
    threads = [threading.Thread(target=_save, args=(tmp_path, name)) for name in ("t", "u")]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or any(p.poll() is None for p in others):
        for name, one in record.load_all(tmp_path).items():
            assert one == made(name)
    for thread in threads:
        thread.join()
    assert [process.wait(30) for process in others] == [0, 0]
    assert again(tmp_path).keys() == {f"{name}{i}" for name in "pqtu" for i in range(60)}
