from __future__ import annotations

import os
from pathlib import Path

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine.prune import (
    Item,
    excess,
    old_runs,
    parse_size,
    remove,
    size_in_words,
    size_of,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("12", 12),
        ("500MB", 500_000_000),
        ("1.5GB", 1_500_000_000),
        ("2 gib", 2 * 2**30),
        ("1kb", 1000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "1,5GB", "2 GBit", "GB", "1e9"])
def test_what_is_no_size_is_named(text: str) -> None:
    with pytest.raises(InvalidConfiguration, match=f"--max-size {text}"):
        parse_size(text)


def test_sizes_in_words() -> None:
    sizes = (0, 400_000, 12_300_000, 1_540_000_000)
    assert [size_in_words(size) for size in sizes] == ["0.0 MB", "0.4 MB", "12 MB", "1.5 GB"]


def item(name: str, size: int, used: float, kept: str = "") -> Item:
    return Item(kind="x", name=name, paths=(), size=size, used=used, kept=kept)


ITEMS = [item("new", 10, 9), item("old", 10, 1), item("busy", 10, 0, "in use"), item("mid", 10, 5)]


@pytest.mark.parametrize(
    ("most", "gone"),
    [(40, []), (39, ["old"]), (20, ["old", "mid"]), (0, ["old", "mid", "new"])],
)
def test_the_longest_unused_go_first_and_what_is_in_use_stays(most: int, gone: list[str]) -> None:
    assert [one.name for one in excess(ITEMS, most)] == gone


def runs_of(state: Path) -> None:
    for number in range(5):
        folder = state / "runs" / f"2026010{number}T000000Z-ab"
        folder.mkdir(parents=True)
        (folder / "a.log").write_bytes(b"x" * 100)
    earlier = state / "logs" / "20250101T000000Z-cd"
    earlier.mkdir(parents=True)
    (earlier / "a.log").write_bytes(b"x" * 100)


@pytest.mark.parametrize(
    ("keep", "most", "left"),
    [(20, 9999, 6), (3, 9999, 3), (0, 9999, 1), (20, 250, 2), (20, 0, 1), (2, 100, 1)],
)
def test_old_runs_go_and_the_last_stays(keep: int, most: int, left: int, tmp_path: Path) -> None:
    runs_of(tmp_path)
    for one in old_runs(tmp_path, keep, most):
        remove(one)
    kept = sorted(path.name for path in tmp_path.glob("*/*"))
    assert len(kept) == left
    assert kept[-1] == "20260104T000000Z-ab"


def test_without_runs_nothing_goes(tmp_path: Path) -> None:
    assert old_runs(tmp_path, 0, 0) == []


def test_a_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(b"x" * 1000)
    inside = tmp_path / "cache"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "outside")
    assert size_of([inside]) < 1000
    remove(Item(kind="x", name="x", paths=(inside,), size=0, used=0))
    remove(Item(kind="x", name="gone before", paths=(tmp_path / "none",), size=0, used=0))
    assert sorted(os.listdir(tmp_path)) == ["outside"]  # noqa: PTH208
    assert (tmp_path / "outside/file").exists()


def test_what_a_killed_one_left_goes_with_the_next(tmp_path: Path) -> None:
    for name in (".pruned-old", "new"):
        (tmp_path / name).mkdir()
    remove(Item(kind="x", name="x", paths=(tmp_path / "new",), size=0, used=0))
    assert list(tmp_path.iterdir()) == []
