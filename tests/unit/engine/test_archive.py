from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.engine import bundle, evidence, record
from phaseline.engine.archive import FORMAT, MANIFEST, RECORDS, VERSION, export
from phaseline.engine.graph import Graph, act, make
from phaseline.engine.outcome import Ending
from phaseline.engine.restore import restore
from tests.unit.engine.executions import execution
from tests.unit.engine.toy import endings, join_step, joining, one_phase, run, workspace

DONE, FRESH = Ending.DONE, Ending.FRESH
EMPTY = hashlib.sha256(b"[]").hexdigest()


def private(context: Context) -> Report:
    path = context.workspace.root / "private.out"
    path.touch(mode=0o600)
    path.write_text("for the owner")
    return Report("private")


def live(context: Context) -> Report:
    (context.workspace.root / "live").touch()
    return Report("live", identity={"id": "1"})


def is_live(context: Context) -> Standing:
    there = (context.workspace.root / "live").exists()
    return Standing(there, "it lives" if there else "it is not there")


GRAPH = one_phase(
    join_step("a", inputs=["in"]),
    make("tool", "Tool", joining("bin/tool", "in"), inputs=("in",), outputs=("bin",)),
    make("private", "Private", private, outputs=("private.out",)),
    act("live", "Live", live, probe=is_live),
    join_step("b", ["a"]),
)


@pytest.fixture
def here(tmp_path: Path) -> Context:
    return checkout(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Context:
    return checkout(tmp_path / "elsewhere" / "deep")


def checkout(root: Path) -> Context:
    root.mkdir(parents=True)
    (root / "in").write_text("given\n")
    return workspace(root)


def file(context: Context) -> Path:
    """Where a test keeps the archive."""
    return context.workspace.root.parent / "state.tar.gz"


def ran(context: Context, graph: Graph = GRAPH) -> Context:
    """The workspace after a run, with a tool that can be executed, and evidence."""
    run(graph, context)
    root = context.workspace.root
    (root / "bin/tool").chmod(0o755)
    run(graph, context)
    place = bundle.place(context.state)
    place.parent.mkdir(parents=True)
    place.write_text("an envelope\n")
    return context


def test_elsewhere_a_run_skips_what_needs_no_live_world(here: Context, there: Context) -> None:
    made = export(ran(here), file(here))
    assert made.left_out == ("private.out",)
    assert made.records == 5
    found = restore(there, GRAPH, file(here))
    assert (found.records, found.left_out) == (5, ())
    assert not (there.workspace.root / "live").exists()
    outcomes = run(GRAPH, there)
    assert endings(outcomes) == {
        "a": FRESH,
        "tool": FRESH,
        "private": DONE,
        "live": DONE,
        "b": FRESH,
    }
    assert outcomes["private"].reason == "its output private.out is gone"
    assert outcomes["live"].reason == "it is not there"
    for name in ("a.out", "b.out", "bin/tool", f".phaseline/evidence/{bundle.NAME}"):
        ours, theirs = (one.workspace.root / name for one in (here, there))
        assert ours.read_bytes() == theirs.read_bytes()
        assert ours.stat().st_mode == theirs.stat().st_mode


def test_what_changed_elsewhere_runs_there(here: Context, there: Context) -> None:
    export(ran(here), file(here))
    (there.workspace.root / "in").write_text("other\n")
    restore(there, GRAPH, file(here))
    found = endings(run(GRAPH, there))
    assert (found["a"], found["b"], found["tool"]) == (DONE, DONE, DONE)


def test_the_same_state_gives_the_same_bytes(here: Context) -> None:
    ran(here)
    export(here, file(here))
    first = file(here).read_bytes()
    for path in here.workspace.root.rglob("*.out"):
        os.utime(path, (1, 1))
    export(here, file(here).with_name("other-name.tgz"))
    assert file(here).with_name("other-name.tgz").read_bytes() == first


def test_no_owner_no_time_no_key_no_cluster(here: Context) -> None:
    ran(here)
    for name in ("cluster/pki/ca.key", "lock", "runs/r9/large.log"):
        path = here.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 300_000)
    export(here, file(here))
    with tarfile.open(file(here)) as tar:
        members = tar.getmembers()
    assert [one.name for one in members[:2]] == [MANIFEST, RECORDS]
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in members} == {
        (0, 0, "", "", 0)
    }
    names = [one.name for one in members]
    assert not [name for name in names if "cluster" in name or "lock" in name or "large" in name]


def test_an_output_altered_since_stays_here(here: Context) -> None:
    ran(here)
    (here.workspace.root / "a.out").write_text("by hand")
    (here.workspace.root / "b.out").unlink()
    (here.workspace.root / "b.out").symlink_to("/etc/hostname")
    assert export(here, file(here)).left_out == ("a.out", "b.out", "private.out")


def test_a_target_in_no_folder_is_named(here: Context) -> None:
    with pytest.raises(InvalidConfiguration, match="there is no folder"):
        export(ran(here), here.workspace.root / "none" / "state.tar.gz")


def test_a_used_workspace_is_taken_over_only_if_told(here: Context, there: Context) -> None:
    export(ran(here), file(here))
    (there.workspace.root / "in").write_text("other\n")
    ran(there)
    before = record.load_all(there.state)
    with pytest.raises(InvalidConfiguration, match="has a state of its own"):
        restore(there, GRAPH, file(here))
    assert record.load_all(there.state) == before
    restore(there, GRAPH, file(here), replace=True)
    assert record.load_all(there.state) == record.load_all(here.state)
    (aside,) = there.state.glob("evidence-until-*")
    assert (aside / bundle.NAME).exists()


def test_what_this_checkout_has_no_step_for_is_left_out(here: Context, there: Context) -> None:
    export(ran(here), file(here))
    graph = one_phase(join_step("a", inputs=["in"]))
    found = restore(there, graph, file(here))
    assert (found.records, found.left_out) == (1, ("b.out", "bin/tool"))
    assert endings(run(graph, there)) == {"a": FRESH}


Entries = list[tuple[tarfile.TarInfo, bytes]]


def entry(name: str, data: bytes = b"", **more: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in more.items():
        setattr(info, field, value)
    return info, data


def written(path: Path, entries: Entries) -> Path:
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return path


def crafted(names: dict[str, bytes], text: bytes = b"[]", **changes: Any) -> Entries:
    """An archive of ours with these files; `changes` are laid over its manifest."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in names.items()},
        "records": {"version": record.VERSION, "sha256": hashlib.sha256(text).hexdigest()},
        **changes,
    }
    files = [entry(f"files/{name}", data) for name, data in names.items()]
    return [entry(MANIFEST, json.dumps(content).encode()), entry(RECORDS, text), *files]


GOOD = {"a.out": b"made"}
LINK = entry("files/a.out", type=tarfile.SYMTYPE, linkname="/etc/passwd")
HARD = entry("files/a.out", type=tarfile.LNKTYPE, linkname="files/b.out")
OLD = {"version": record.VERSION - 1, "sha256": EMPTY}
FOREIGN: dict[str, tuple[Entries, str]] = {
    "empty": ([], "is not where it belongs"),
    "another tar": ([entry("README", b"hello")], "is not where it belongs"),
    "another format": (crafted(GOOD, format="cache"), "it holds something else"),
    "no manifest": ([entry(MANIFEST, b"]")], MANIFEST),
    "a list": ([entry(MANIFEST, b"[]")], "it holds something else"),
    "newer": (crafted(GOOD, version=VERSION + 1), f"of version {VERSION + 1}"),
    "older": (crafted(GOOD, version=0), "of version 0"),
    "older records": (crafted(GOOD, records=OLD), f"of version {record.VERSION - 1}"),
    "no records": (crafted(GOOD, records=None), "of version None"),
    "other records": ([*crafted(GOOD)[:1], entry(RECORDS, b"[ ]")], "not what was exported"),
    "no list": (crafted(GOOD, b"5"), RECORDS),
    "half a record": (crafted(GOOD, b'[{"step": "a"}]'), RECORDS),
    "a surplus field": (crafted(GOOD, b'[{"lines": [], "x": 1}]'), RECORDS),
    "no files": (crafted(GOOD, files=["a.out"]), "no mapping"),
    "up": (crafted({"../a.out": b""}), "not inside a checkout"),
    "up inside": (crafted({"bin/../../a.out": b""}), "not inside a checkout"),
    "absolute": (crafted({"/etc/a.out": b""}), "not inside a checkout"),
    "itself": (crafted({".": b""}), "not inside a checkout"),
    "nothing": (crafted({"": b""}), "not inside a checkout"),
    "twice a slash": (crafted({"bin//tool": b""}), "not inside a checkout"),
    "a folder as file": (crafted({"bin": b"", "bin/tool": b""}), "one of its folders"),
    "a link": ([*crafted(GOOD)[:2], LINK], "no plain file"),
    "a hard link": ([*crafted(GOOD)[:2], HARD], "no plain file"),
    "a device": ([*crafted(GOOD)[:2], entry("files/a.out", type=tarfile.CHRTYPE)], "no plain file"),
    "a folder": ([*crafted(GOOD), entry("files/x", type=tarfile.DIRTYPE)], "no plain file"),
    "twice": ([*crafted(GOOD), crafted(GOOD)[2]], "or twice"),
    "unlisted": ([*crafted(GOOD), entry("files/b.out", b"x")], "not in its list"),
    "outside": ([*crafted(GOOD), entry("a.out", b"x")], "not in its list"),
    "missing": (crafted(GOOD)[:2], "a.out is missing"),
    "other bytes": ([*crafted(GOOD)[:2], entry("files/a.out", b"else")], "not what was exported"),
}


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize(("entries", "why"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_refused_changes_nothing(entries: Entries, why: str, there: Context) -> None:
    ran(there)
    before = contents(there.workspace.root)
    with pytest.raises(InvalidConfiguration) as caught:
        restore(there, GRAPH, written(file(there), entries), replace=True)
    assert why in caught.value.why
    assert contents(there.workspace.root) == before


def test_ours_is_taken(there: Context) -> None:
    restore(there, GRAPH, written(file(there), crafted(GOOD)))
    assert (there.workspace.root / "a.out").read_bytes() == b"made"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:-30],
        lambda data: data[:200] + bytes([data[200] ^ 255]) + data[201:],
        lambda data: b"no gzip",
        lambda data: gzip.compress(b"no tar" * 300),
        lambda data: b"",
    ],
)
def test_a_damaged_file_is_refused(
    spoil: Callable[[bytes], bytes], here: Context, there: Context
) -> None:
    export(ran(here), file(here))
    file(here).write_bytes(spoil(file(here).read_bytes()))
    before = contents(there.workspace.root)
    with pytest.raises(InvalidConfiguration, match="no state that can be taken over"):
        restore(there, GRAPH, file(here))
    assert contents(there.workspace.root) == before


def test_no_file_is_named(there: Context) -> None:
    with pytest.raises(InvalidConfiguration, match=r"none\.tar\.gz cannot be read"):
        restore(there, GRAPH, there.workspace.root / "none.tar.gz")


@pytest.mark.parametrize("name", ["in", "pipeline.yaml", ".phaseline/lock", ".phaseline/cluster/x"])
def test_only_what_steps_make_is_written(name: str, there: Context) -> None:
    before = contents(there.workspace.root)
    found = restore(there, GRAPH, written(file(there), crafted({name: b"evil"})))
    assert found.left_out == (name,)
    assert contents(there.workspace.root) == before


def test_a_link_on_the_way_is_not_followed(there: Context, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (there.workspace.root / "bin").symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidConfiguration) as caught:
        restore(there, GRAPH, written(file(there), crafted({"bin/tool": b"evil"})))
    assert "leads out of its place" in caught.value.why
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("place", ["bin", "bin/tool/x"])
def test_what_stands_in_the_way_is_named(place: str, there: Context) -> None:
    path = there.workspace.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")
    with pytest.raises(InvalidConfiguration) as caught:
        restore(there, GRAPH, written(file(there), crafted({"bin/tool": b"made"})))
    assert "something else stands" in caught.value.why


def test_real_evidence_is_taken_over(
    here: Context, there: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    ledger = evidence.Evidence(here.state, here.workspace.root)
    ledger.add([execution(here.workspace.root, step) for step in ("a", "b")])
    export(here, file(here))
    restore(there, GRAPH, file(here))
    assert evidence.Evidence(there.state, there.workspace.root).head == ledger.head
    assert not list(there.state.rglob("*.pem"))
