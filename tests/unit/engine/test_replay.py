"""A replay runs steps afresh elsewhere, says how each output compares, and leaves nothing."""

from __future__ import annotations

import itertools
import json
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from phaseline.core.errors import (
    CannotReplay,
    CheckFailed,
    Interrupted,
    LockHeld,
    PhaselineError,
    Unreachable,
)
from phaseline.core.files import locked, write_atomic
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine.comparison import Row, Verdict, counts
from phaseline.engine.graph import Graph, Operator, Phase, Step, act, check, make
from phaseline.engine.replay import Replay, plan, replayable, run_graph
from phaseline.engine.separate import Remove, clear
from phaseline.process import groups, journal
from tests.unit.engine import toy

IDENTICAL, DIFFERS, ENDED = Verdict.IDENTICAL, Verdict.DIFFERS, Verdict.ENDED


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where replays make their folders; none may be left."""
    folder = tmp_path / "places"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def context(tmp_path: Path) -> Context:
    root = tmp_path / "original"
    root.mkdir()
    (root / "in").write_text("as it was\n")
    return toy.workspace(root)


def replayed(
    graph: Graph,
    context: Context,
    phase: str = "all",
    *,
    remove: Callable[[Context], object] = lambda context: None,
) -> list[Row]:
    return Replay(graph, context, toy.Noted(), remove).run([phase])


def verdicts(rows: list[Row]) -> dict[tuple[str, str], Verdict]:
    return {(row.step, row.output): row.verdict for row in rows}


def writing(content: Callable[[Context], str], name: str = "out") -> Operator:
    """An operator that writes `content` to a file."""

    def write(context: Context) -> Report:
        write_atomic(context.workspace.root / name, content(context))
        return Report("written")

    return write


def one_step(content: Callable[[Context], str], name: str = "out") -> Graph:
    return toy.one_phase(make("s", "s", writing(content, name), inputs=("in",), outputs=(name,)))


def test_what_is_made_again_is_identical(context: Context) -> None:
    a, b = toy.join_step("a", inputs=("in",)), toy.join_step("b", needs=("a",))
    graph = toy.one_phase(a, b)
    toy.run(graph, context)
    rows = replayed(graph, context)
    assert verdicts(rows) == {("a", "a.out"): IDENTICAL, ("b", "b.out"): IDENTICAL}
    assert counts(rows) == {IDENTICAL: 2, DIFFERS: 0, ENDED: 0}


def test_nothing_is_taken_from_what_was_made_before(context: Context) -> None:
    seen = []

    def look(context: Context) -> str:
        seen.append(sorted(one.name for one in context.workspace.root.iterdir()))
        return "made"

    graph = one_step(look)
    toy.run(graph, context)
    replayed(graph, context)
    assert seen[0] == ["in", "pipeline.yaml"]
    assert seen[1] == [".phaseline", *seen[0]]  # not "out", which lies in the original


def test_the_original_is_as_it_was(context: Context) -> None:
    graph = one_step(lambda context: "made")
    toy.run(graph, context)
    root = context.workspace.root

    def state() -> dict[str, bytes]:
        files = (one for one in root.rglob("*") if one.is_file())
        return {str(one): one.read_bytes() for one in files if not one.name.endswith("lock")}

    before = state()
    replayed(graph, context)
    assert state() == before


def test_a_step_that_writes_the_time_differs_and_the_line_is_shown(context: Context) -> None:
    clock = itertools.count(1700000000)
    graph = one_step(lambda context: f"first\nmade at {next(clock)}\nlast\n")
    toy.run(graph, context)
    (row,) = replayed(graph, context)
    assert (row.output, row.verdict) == ("out", DIFFERS)
    assert "-made at 1700000000" in row.difference
    assert "+made at 1700000001" in row.difference
    assert " first" in row.difference


def test_a_step_that_writes_its_folder_differs(context: Context) -> None:
    graph = one_step(lambda context: f"{context.workspace.root}\n")
    toy.run(graph, context)
    (row,) = replayed(graph, context)
    assert f"-{context.workspace.root}" in row.difference


def test_an_input_that_was_changed_is_named_and_nothing_runs(context: Context) -> None:
    ran = itertools.count()
    graph = one_step(lambda context: str(next(ran)))
    toy.run(graph, context)
    (context.workspace.root / "in").write_text("other\n")
    (row,) = replayed(graph, context)
    assert (row.step, row.output, row.verdict) == ("s", "input in", DIFFERS)
    assert row.difference == "input in is not the one recorded"
    assert next(ran) == 1


def test_what_an_earlier_phase_made_is_taken_as_recorded(context: Context) -> None:
    times: dict[str, int] = {}

    def counted(name: str) -> Callable[[Context], str]:
        def content(context: Context) -> str:
            times[name] = times.get(name, 0) + 1
            return f"{name}\n"

        return content

    graph = Graph(
        [
            Phase(
                number=1,
                name="one",
                title="One",
                steps=(
                    make("a", "a", writing(counted("a"), "a.out"), outputs=("a.out",)),
                    check("seen", "seen", writing(counted("seen"), "seen")),
                    act("on", "on", writing(counted("on"), "switch")),
                    act("lit", "lit", writing(counted("lit"), "lamp"), needs=("on",)),
                    act("other", "other", writing(counted("other"), "other"), needs=("a",)),
                ),
            ),
            Phase(
                number=2,
                name="two",
                title="Two",
                needs=("one",),
                steps=(
                    make(
                        "b",
                        "b",
                        toy.joining("b.out", "a.out"),
                        needs=("a", "lit"),
                        outputs=("b.out",),
                    ),
                ),
            ),
        ]
    )
    toy.run(graph, context)
    todo = plan(graph, context, ["two"])
    assert [one.id for one in todo.given] == ["a"]
    assert [one.id for one in todo.run] == ["on", "lit", "b"]
    assert verdicts(replayed(graph, context, "two")) == {("b", "b.out"): IDENTICAL}
    assert times == {"a": 1, "seen": 1, "on": 2, "lit": 2, "other": 1}

    (context.workspace.root / "a.out").write_text("altered\n")
    (row,) = replayed(graph, context, "two")
    assert (row.step, row.difference) == ("a", "input a.out is not the one recorded")


def test_the_order_holds_also_where_it_led_over_what_is_left_out(context: Context) -> None:
    done = Report("done")
    one = (act("up", "up", lambda _: done), check("gate", "gate", lambda _: done))
    last = check("last", "last", lambda _: done, needs=("up",))
    two = (act("apply", "apply", lambda _: done), last)
    graph = Graph(
        [
            Phase(number=1, name="one", title="One", steps=one),
            Phase(number=2, name="two", title="Two", needs=("one",), steps=two),
        ]
    )
    run = run_graph(graph, plan(graph, context, ["two"]))
    assert run.order == ("up", "apply", "last")
    assert run.waits_for["apply"] == ("up",)


def live(values: Iterator[Mapping[str, str]] | None, kind: Callable[..., Step] = act) -> Graph:
    """One step with a live effect, of which `values` are seen, one at each run."""

    def projection(context: Context) -> Mapping[str, str]:
        assert values
        return next(values)

    def run(context: Context) -> Report:
        return Report("up", identity={"uid": str(context.workspace.root)})

    return toy.one_phase(kind("s", "s", run, projection=projection if values else None))


@pytest.mark.parametrize("kind", [act, check])
def test_of_a_live_step_its_projection_is_compared(
    context: Context, kind: Callable[..., Step]
) -> None:
    seen = iter(
        [
            {"image": "sha256:1", "replicas": "2", "old": "x"},
            {"image": "sha256:1", "replicas": "3"},
        ]
    )
    graph = live(seen, kind)
    toy.run(graph, context)
    rows = replayed(graph, context)
    assert verdicts(rows) == {
        ("s", "live image"): IDENTICAL,
        ("s", "live old"): DIFFERS,
        ("s", "live replicas"): DIFFERS,
    }
    assert rows[2].difference == "recorded 2\nreplayed 3"


def test_without_a_projection_the_ending_is_compared_and_that_is_said(context: Context) -> None:
    graph = live(None)
    toy.run(graph, context)
    assert verdicts(replayed(graph, context)) == {("s", "ending"): ENDED}


def test_the_name_of_a_made_image_is_compared(context: Context) -> None:
    ids = iter(["sha256:1", "sha256:1", "sha256:2"])

    def build(context: Context) -> Report:
        return Report("built", identity={"web": next(ids)})

    graph = toy.one_phase(make("s", "s", build))
    toy.run(graph, context)
    assert verdicts(replayed(graph, context)) == {("s", "identity web"): IDENTICAL}
    inside = {"sha256:1": ["same", "old"], "sha256:2": ["same", "new"]}
    replay = Replay(graph, context, toy.Noted(), lambda made: None, listing=inside.__getitem__)
    (row,) = replay.run(["all"])
    first, second, *rest = row.difference.splitlines()
    assert (first, second) == ("recorded sha256:1", "replayed sha256:2")
    assert rest[-3:] == [" same", "-old", "+new"]


def failing(errors: Iterator[PhaselineError | None]) -> Operator:
    def fail(context: Context) -> Report:
        if error := next(errors):
            raise error
        return Report("done")

    return fail


def test_a_step_that_fails_only_when_replayed_differs(context: Context) -> None:
    errors = iter([None, CheckFailed("the wind", why="north")])
    graph = toy.one_phase(check("s", "s", failing(errors)))
    toy.run(graph, context)
    (row,) = replayed(graph, context)
    assert row.verdict is DIFFERS
    assert "recorded done, replayed failed: the wind\n  cause: north" in row.difference


def test_a_machine_that_cannot_do_it_now_says_nothing_of_the_outputs(context: Context) -> None:
    graph = toy.one_phase(check("s", "s", failing(iter([None, Unreachable("no answer")]))))
    toy.run(graph, context)
    with pytest.raises(CannotReplay, match="s failed in the separate workspace") as caught:
        replayed(graph, context)
    assert caught.value.why == "no answer"
    assert caught.value.exit_code not in (0, 1)


def test_what_was_never_done_cannot_be_replayed(context: Context) -> None:
    graph = one_step(lambda context: "")
    assert replayable(graph, context) == []
    with pytest.raises(CannotReplay, match="s cannot be replayed"):
        replayed(graph, context)
    toy.run(graph, context)
    assert [phase.name for phase in replayable(graph, context)] == ["all"]


def test_a_recorded_output_that_was_altered_since_is_still_compared(context: Context) -> None:
    graph = one_step(lambda context: "made\n")
    toy.run(graph, context)
    (context.workspace.root / "out").write_text("altered\n")
    assert verdicts(replayed(graph, context)) == {("s", "out"): IDENTICAL}

    contents = iter(["one\n", "two\n"])
    graph = one_step(lambda context: next(contents), "other")
    toy.run(graph, context)
    (context.workspace.root / "other").write_text("altered\n")
    (row,) = replayed(graph, context)
    assert row.difference.endswith("the recorded content is no longer there")


def test_outputs_that_come_or_go_differ(context: Context) -> None:
    names = iter(["a.txt", "b.txt"])

    def write(context: Context) -> Report:
        write_atomic(context.workspace.root / "made" / next(names), "")
        return Report("written")

    graph = toy.one_phase(make("s", "s", write, outputs=("made/*",)))
    toy.run(graph, context)
    gone, new = replayed(graph, context)
    assert (gone.output, gone.difference) == ("made/a.txt", "recorded, and not made when replayed")
    assert (new.output, new.difference) == ("made/b.txt", "not recorded, and made when replayed")


def test_rendered_files_have_the_name_of_the_original(context: Context) -> None:
    graph = one_step(lambda context: f"{context.workspace.name}\n")
    toy.run(graph, context)
    assert verdicts(replayed(graph, context)) == {("s", "out"): IDENTICAL}
    ids: list[str] = []
    replayed(graph, context, remove=lambda made: ids.append(made.workspace.id))
    assert ids[0] != context.workspace.id


def test_git_says_what_is_copied(context: Context) -> None:
    root = context.workspace.root
    seen: list[set[str]] = []

    def look(context: Context) -> str:
        found = context.workspace.root.rglob("*")
        files = (one for one in found if one.is_symlink() or one.is_file())
        names = {str(one.relative_to(context.workspace.root)) for one in files}
        seen.append({name for name in names if not name.startswith(".phaseline")})
        return ""

    subprocess.run(("git", "init", "--quiet"), cwd=root, check=True)
    (root / ".gitignore").write_text("*.secret\nin\n")
    for name in ("my.secret", "new.txt", "folder/inner.txt"):
        write_atomic(root / name, name)
    (root / "link").symlink_to("folder")
    graph = one_step(look)
    toy.run(graph, context)
    replayed(graph, context)
    # "in" is ignored, and read: it is an input
    files = {".gitignore", "pipeline.yaml", "in", "new.txt", "folder/inner.txt", "link"}
    assert seen[1] == files


def test_what_it_made_is_removed_however_it_ends(context: Context) -> None:
    removed: list[Path] = []
    errors = iter([None, Unreachable("no answer")])
    graph = toy.one_phase(check("s", "s", failing(errors)))
    toy.run(graph, context)
    with pytest.raises(CannotReplay):
        replayed(graph, context, remove=lambda made: removed.append(made.workspace.root))
    assert len(removed) == 1
    assert not removed[0].exists()


def test_stopped_it_ends_soon_and_leaves_nothing(context: Context) -> None:
    first, removed = iter([True]), list[Context]()
    replay = Replay(one_step(lambda c: ""), context, toy.Noted(), removed.append)

    def wait(context: Context) -> Report:
        if not next(first, False):
            threading.Thread(target=replay.stop).start()
            while True:
                groups.pause(0.01)
                journal.progress("waits")
        return Report("done")

    replay.graph = toy.one_phase(act("s", "s", wait))
    toy.run(replay.graph, context)
    with pytest.raises(Interrupted):
        replay.run(["all"])
    assert len(removed) == 1
    assert not groups.stopping()  # what clears away runs commands too


def by_the_next(graph: Graph, context: Context, remove: Remove) -> None:
    replayed(graph, context, remove=remove)


def by_teardown(graph: Graph, context: Context, remove: Remove) -> None:
    with locked(context.state / "replay.lock", "something"), pytest.raises(LockHeld):
        clear(context, remove)  # it is not left: it goes on
    clear(context, remove)


@pytest.mark.parametrize("way", [by_the_next, by_teardown])
def test_what_a_killed_replay_left_is_removed(
    context: Context, places: Path, way: Callable[[Graph, Context, Remove], None]
) -> None:
    graph = one_step(lambda context: "")
    toy.run(graph, context)
    removed: list[Path] = []
    left = places / "left"
    write_atomic(left / "w/.phaseline/name", "toy\n")
    (left / "w/pipeline.yaml").write_text(toy.PIPELINE)
    note = {"version": 1, "place": str(left)}
    write_atomic(context.state / "replay.json", json.dumps(note))
    way(graph, context, lambda made: removed.append(made.workspace.root))
    assert removed[0] == left / "w"
    assert not (context.state / "replay.json").exists()


def test_kept_it_stays_for_a_look(context: Context, places: Path) -> None:
    graph = one_step(lambda context: "made\n")
    toy.run(graph, context)
    removed: list[Context] = []
    replay = Replay(graph, context, toy.Noted(), removed.append, keep=True)
    replay.run(["all"])
    assert removed == []
    kept = Path(replay.kept)
    assert (kept / "out").read_text() == "made\n"
    replayed(graph, context)
    assert kept.exists()
    subprocess.run(("rm", "-r", str(kept.parent)), check=True)


def test_a_workspace_at_work_is_not_replayed(context: Context) -> None:
    graph = one_step(lambda context: "")
    toy.run(graph, context)
    for name in ("lock", "replay.lock"):
        with locked(context.state / name, "something"), pytest.raises(LockHeld, match="something"):
            replayed(graph, context)


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (('{"b":1,"a":2}', '{"a": 2, "b": 3}'), '-  "b": 1\n+  "b": 3'),
        ((b"\x00\x01\xff", b"\x00\x02\xff"), "they part at byte 1"),
        (("x\n" * 500, "y\n" * 500), "… and"),
    ],
)
def test_differences_can_be_read(
    context: Context, contents: tuple[str | bytes, str | bytes], told: str
) -> None:
    values = iter(contents)

    def write(context: Context) -> Report:
        write_atomic(context.workspace.root / "out", next(values))
        return Report("written")

    graph = toy.one_phase(make("s", "s", write, outputs=("out",)))
    toy.run(graph, context)
    (row,) = replayed(graph, context)
    assert told in row.difference
    assert len(row.difference.splitlines()) <= 41


def test_archives_differ_by_their_members(context: Context) -> None:
    dates = iter([1, 2])

    def pack(context: Context) -> Report:
        with tarfile.open(context.workspace.root / "out.tar", "w") as archive:
            for name in ("same", "other"):
                header = tarfile.TarInfo(name)
                header.mtime = next(dates) if name == "other" else 0
                archive.addfile(header)
        return Report("packed")

    graph = toy.one_phase(make("s", "s", pack, outputs=("out.tar",)))
    toy.run(graph, context)
    (row,) = replayed(graph, context)
    lines = [one for one in row.difference.splitlines() if one[0] in "+-" and one[1] not in "+-"]
    assert [line.split()[-1] for line in lines] == ["other", "other"]


def test_a_change_of_permission_is_told(context: Context) -> None:
    modes = iter([0o644, 0o755])

    def write(context: Context) -> Report:
        write_atomic(context.workspace.root / "out", "same", mode=next(modes))
        return Report("written")

    graph = toy.one_phase(make("s", "s", write, outputs=("out",)))
    toy.run(graph, context)
    (row,) = replayed(graph, context)
    assert row.difference == "recorded a file, replayed an executable file"
