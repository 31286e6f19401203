from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from phaseline.core.errors import CheckFailed, InvalidConfiguration, TimedOut
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.engine import record
from phaseline.engine.execution import Execution
from phaseline.engine.graph import (
    Graph,
    Operator,
    Phase,
    Probe,
    Step,
    act,
    check,
    make,
    not_built,
)
from phaseline.engine.outcome import Ending, Outcome
from phaseline.engine.schedule import Run
from phaseline.process import groups, journal
from phaseline.process import run as process
from phaseline.process.command import Command
from tests.unit.engine.toy import Noted, endings, join_step, joining, one_phase, run, workspace
from tests.unit.waiting import eventually, number_in, runs

DONE, FRESH, FAILED, NOT_RUN = Ending.DONE, Ending.FRESH, Ending.FAILED, Ending.NOT_RUN


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    yield workspace(tmp_path)
    groups.reset()


def failing(context: Context) -> Report:
    raise CheckFailed("it is broken", why="rust")


def faulty(context: Context) -> Report:
    raise ZeroDivisionError("a defect of ours")


def after(seconds: float) -> Operator:
    def wait(context: Context) -> Report:
        time.sleep(seconds)
        return Report("waited")

    return wait


def test_what_depends_on_a_failure_is_not_run_and_says_why(context: Context) -> None:
    graph = one_phase(make("a", "A", failing), join_step("b", ["a"]), join_step("c", ["b"]))
    outcomes = run(graph, context)
    assert endings(outcomes) == {"a": FAILED, "b": NOT_RUN, "c": NOT_RUN}
    assert outcomes["b"].reason == "needs a, which failed"
    assert outcomes["c"].reason == "needs a, which failed"  # the root, not what lies between
    assert outcomes["c"].because == "a"
    assert outcomes["a"].error
    assert outcomes["a"].error.why == "rust"


BRANCHES = one_phase(
    make("bad", "Bad", failing),
    make("slow", "Slow", after(0.3)),
    join_step("later"),
    make("last", "Last", joining("last.out"), needs=("slow",)),
    act("gate", "Gate", after(0), needs=("bad",)),
)


def test_after_a_failure_what_is_at_work_ends_and_nothing_is_started(context: Context) -> None:
    outcomes = run(BRANCHES, context, jobs=2)
    assert outcomes["slow"].ending is DONE
    assert outcomes["last"].reason == "bad failed; --keep-going would go on"
    assert outcomes["gate"].reason == "needs bad, which failed"


def test_independent_branches_go_on_if_told_so(context: Context) -> None:
    found = endings(run(BRANCHES, context, jobs=2, keep_going=True))
    assert found == {"bad": FAILED, "slow": DONE, "later": DONE, "last": DONE, "gate": NOT_RUN}


def test_what_is_independent_runs_side_by_side_within_the_jobs(context: Context) -> None:
    now, most, guard = [0], [0], threading.Lock()

    def work(context: Context) -> Report:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.1)
        with guard:
            now[0] -= 1
        return Report("worked")

    steps = [make(f"s{index}", "S", work) for index in range(6)]
    for jobs in (1, 3):
        most[0] = 0
        shutil.rmtree(context.state, ignore_errors=True)
        run(one_phase(*steps, join_step("gate")), context, jobs=jobs)
        assert most[0] == jobs


def test_what_is_not_built_or_has_no_component_holds_nobody(context: Context) -> None:
    page = make("page", "Page", failing, role="frontend")
    graph = Graph(
        [
            Phase(number=1, name="one", title="One", steps=(page, not_built("T1", "Later"))),
            Phase(number=2, name="two", title="Two", steps=(join_step("b"),), needs=("one",)),
        ]
    )
    outcomes = run(graph, context)
    assert endings(outcomes) == {
        "page": Ending.NOT_APPLICABLE,
        "T1": Ending.NOT_BUILT,
        "b": DONE,
    }
    assert outcomes["page"].reason == "the application has no frontend"


def test_a_phase_waits_for_the_gates_of_those_it_needs(context: Context) -> None:
    one = Phase(number=1, name="one", title="", steps=(make("a", "A", after(0.2)), join_step("g")))
    two = Phase(number=2, name="two", title="", steps=(join_step("b"),), needs=("one",))
    beside = Phase(number=3, name="beside", title="", steps=(join_step("c"),))
    watcher = Noted()
    run(Graph([one, two, beside]), context, watcher=watcher)
    order = watcher.ended_
    assert order.index("a") < order.index("g") < order.index("b")
    assert order.index("c") < order.index("a")


def test_who_waits_for_what_is_served_is_served_before_it_is_checked(context: Context) -> None:
    steps = (make("made", "", after(0)), join_step("g"))
    ground = Phase(number=0, name="ground", title="", steps=(join_step("fit"),))
    one = Phase(number=1, name="one", title="", steps=steps, needs=("ground",))
    served = act("served", "", after(0.2), needs=("made",))
    two = Phase(number=2, name="two", title="", steps=(served, join_step("seen")), needs=("one",))
    watcher = Noted()
    run(Graph([ground, one, two]), context, watcher=watcher, serve_first=True)
    assert watcher.ended_ == ["fit", "made", "served", "g", "seen"]


def test_a_defect_is_raised_after_the_others_were_recorded(context: Context) -> None:
    graph = one_phase(
        make("bug", "Bug", faulty),
        make("slow", "Slow", joining("slow.out")),
        make("slower", "Slower", after(0.4)),
        join_step("next", ["slow"]),
        make("gate", "Gate", after(0), needs=("bug",)),
    )
    watcher, runs = Noted(), list[Run]()
    with pytest.raises(ZeroDivisionError, match="a defect of ours"):
        run(graph, context, jobs=3, watcher=watcher, each=runs.append, keep_going=True)
    outcomes = runs[0].outcomes
    assert sorted(watcher.ended_) == sorted(graph.steps)
    assert endings(outcomes)["bug"] is FAILED
    assert outcomes["gate"].ending is NOT_RUN
    assert outcomes["slower"].ending is DONE
    log = (context.state / "runs" / runs[0].id / "bug.log").read_text()
    assert "Traceback (most recent call last)" in log
    assert "ZeroDivisionError: a defect of ours" in log
    assert str(context.state) in outcomes["bug"].reason
    records = record.load_all(context.state).keys()
    assert {"slow", "slower"} <= records
    assert "bug" not in records


def test_a_run_that_is_stopped_says_what_was_cut_and_can_go_on(context: Context) -> None:
    sleeping = threading.Event()

    def sleep(context: Context) -> Report:
        sleeping.set()
        process.run(Command(argv=("sleep", "60"), timeout=70))
        return Report("slept")

    def graph(operator: Operator) -> Graph:
        steps = (join_step("a"), make("b", "B", operator, needs=("a",)), join_step("c", ["a"]))
        return one_phase(*steps, make("d", "D", joining("d.out"), needs=("b",)))

    def stop_soon(run: Run) -> None:
        def stop() -> None:
            sleeping.wait(5)
            time.sleep(0.2)
            run.stop()

        threading.Thread(target=stop).start()

    began = time.monotonic()
    outcomes = run(graph(sleep), context, each=stop_soon)
    assert time.monotonic() - began < 5.0
    assert endings(outcomes) == {"a": DONE, "b": Ending.INTERRUPTED, "c": DONE, "d": NOT_RUN}
    assert outcomes["d"].reason == "the run was interrupted"
    groups.reset()
    found = endings(run(graph(joining("b.out")), context))
    assert found == {"a": FRESH, "b": DONE, "c": FRESH, "d": DONE}


def test_a_wait_that_speaks_ends_when_the_run_is_stopped(context: Context) -> None:
    waiting = threading.Event()

    def wait(context: Context) -> Report:
        while True:
            journal.progress("waiting for the lock")
            waiting.set()
            time.sleep(0.05)

    def stop_soon(run: Run) -> None:
        def stop() -> None:
            waiting.wait(5)
            run.stop()

        threading.Thread(target=stop).start()

    outcomes = run(one_phase(act("a", "A", wait)), context, each=stop_soon)
    assert endings(outcomes) == {"a": Ending.INTERRUPTED}


def test_a_steps_log_has_its_commands_lines_and_error(context: Context) -> None:
    def work(context: Context) -> Report:
        journal.progress("looking around")
        process.run(Command(argv=("sh", "-c", "echo hello s3cret"), secrets=("s3cret",)))
        raise CheckFailed("it is broken")

    runs: list[Run] = []
    run(one_phase(check("a", "A", work)), context, each=runs.append)
    text = (context.state / "runs" / runs[0].id / "a.log").read_text()
    for wanted in ("· looking around", "| hello ••••••", "$ sh -c", "→ 0 in", "! it is broken"):
        assert wanted in text
    assert "s3cret" not in text


def test_what_the_user_should_read_is_told_again_when_fresh(context: Context) -> None:
    graph = one_phase(check("a", "A", lambda context: Report("up", lines=("page: http://x/",))))
    for ending in (DONE, FRESH):
        outcome = run(graph, context)["a"]
        assert (outcome.ending, outcome.summary, outcome.lines) == (
            ending,
            "up",
            ("page: http://x/",),
        )


def test_a_step_over_its_limit_is_ended_with_its_processes_and_others_go_on(
    context: Context,
) -> None:
    pids = context.workspace.root / "pid"

    def hang(context: Context) -> Report:
        journal.progress("waiting for the server")
        script = f"sleep 60 & echo $! > {pids}; wait"
        process.run(Command(argv=("sh", "-c", script), timeout=70))
        return Report("never")

    graph = one_phase(
        act("hangs", "Hangs", hang, limit=0.3),
        make("beside", "Beside", after(0.8)),
        make("next", "Next", joining("next.out"), needs=("beside",)),
        make("gate", "Gate", after(0), needs=("hangs",)),
    )
    outcomes = run(graph, context, keep_going=True)
    assert endings(outcomes) == {"hangs": FAILED, "beside": DONE, "next": DONE, "gate": NOT_RUN}
    error = outcomes["hangs"].error
    assert isinstance(error, TimedOut)
    assert error.what == "hangs took longer than its limit of 0.3 s and was ended"
    assert error.why == "its last words: waiting for the server"
    assert not runs(number_in(pids))
    assert record.load(context.state, "hangs") is None


def test_a_step_that_does_not_end_when_told_to_is_waited_for_no_longer(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phaseline.engine.turn.GRACE", 0.2)
    done = threading.Event()
    ledger = Kept()

    def deaf(context: Context) -> Report:
        done.wait(30)
        return Report("after all")

    graph = one_phase(make("deaf", "Deaf", deaf, limit=0.1), join_step("b"))
    outcomes = run(graph, context, ledger=ledger, keep_going=True)
    assert endings(outcomes) == {"deaf": FAILED, "b": NOT_RUN}
    assert "limit of 0.1 s" in outcomes["deaf"].reason
    done.set()
    assert eventually(lambda: not any(one.name == "step" for one in threading.enumerate()))
    # what it did when nobody waited any more is neither recorded nor told
    assert record.load(context.state, "deaf") is None
    assert [one.ending for one in ledger.kept] == ["failed"]


def test_nothing_runs_beside_a_step_that_stands_alone(context: Context) -> None:
    now, seen, guard = set[str](), dict[str, set[str]](), threading.Lock()

    def noting(name: str) -> Operator:
        def work(context: Context) -> Report:
            with guard:
                now.add(name)
                for one in now:
                    seen.setdefault(one, set()).update(now)
            time.sleep(0.05)
            with guard:
                now.discard(name)
            return Report(name)

        return work

    shared = [make(f"s{index}", "S", noting(f"s{index}")) for index in range(5)]
    alone = [make(f"x{n}", "X", noting(f"x{n}"), exclusive=True) for n in range(2)]
    gate = make("gate", "Gate", noting("gate"))
    run(one_phase(*shared[:3], *alone, *shared[3:], gate), context, jobs=3)
    assert (seen["x0"], seen["x1"]) == ({"x0"}, {"x1"})
    assert any(len(seen[step.id]) > 1 for step in shared)


def test_nothing_is_looked_at_ahead_of_its_time_beside_an_exclusive_step(context: Context) -> None:
    at_work, beside = threading.Event(), list[str]()

    def probe(context: Context) -> Standing:
        before = at_work.is_set()
        time.sleep(0.02)
        if before or at_work.is_set():
            beside.append("looked")
        return Standing(True, "it stands")

    def alone(context: Context) -> Report:
        at_work.set()
        time.sleep(0.1)
        at_work.clear()
        return Report("done")

    watched = [act(f"p{n}", "P", lambda _: Report("p"), probe=probe) for n in range(6)]
    graph = one_phase(make("x", "X", alone, exclusive=True), *watched)  # first, so that all wait
    run(graph, context)
    found = run(graph, context, jobs=3, forced=["x"])
    assert endings(found) == {"x": DONE, **{step.id: FRESH for step in watched}}
    assert beside == []


def test_what_is_forced_runs_though_it_is_fresh_and_nothing_else_does(context: Context) -> None:
    graph = one_phase(join_step("a"), join_step("b", ["a"]))
    run(graph, context)
    outcomes = run(graph, context, forced=["a"])
    assert endings(outcomes) == {"a": DONE, "b": FRESH}  # what it made is the same as before
    assert outcomes["a"].reason == "--force asks for it"


class Kept:
    """A ledger that keeps what it is given, and looks at the record of the step meanwhile."""

    head = "sha256:00"

    def __init__(self, state: Path | None = None) -> None:
        self.kept: list[Execution] = []
        self.recorded: list[bool] = []
        self._state = state

    def ready(self) -> None: ...

    def add(self, executions: Sequence[Execution]) -> None:
        self.kept += executions
        if state := self._state:
            self.recorded += [record.load(state, one.step) is not None for one in executions]


def test_the_ledger_is_given_what_was_executed_before_it_counts_as_done(context: Context) -> None:
    graph = one_phase(
        join_step("a"),
        make("bad", "Bad", failing, needs=("a",)),
        join_step("c", ["bad"]),
    )
    ledger = Kept(context.state)
    run(graph, context, ledger=ledger)
    assert [(one.step, one.ending) for one in ledger.kept] == [("a", "done"), ("bad", "failed")]
    assert not any(ledger.recorded)  # killed in between, a step is done again, with its evidence
    done, failed = ledger.kept
    assert done.outputs.keys() == {"a.out"}
    assert done.started <= done.ended
    kept = record.load(context.state, "a")
    assert kept
    assert (kept.key, kept.outputs) == (done.key, done.outputs)
    assert failed.error["why"] == "rust"
    assert failed.reason == "never made"
    again = Kept()
    run(graph, context, ledger=again)
    assert [one.step for one in again.kept] == ["bad"]  # what is fresh was not executed


def test_without_a_usable_ledger_nothing_is_changed(context: Context) -> None:
    class Locked(Kept):
        def ready(self) -> None:
            raise InvalidConfiguration("PHASELINE_SIGNING_KEY is no key")

        def add(self, executions: Sequence[Execution]) -> None:
            self.ready()

    outcomes = run(one_phase(join_step("a")), context, ledger=Locked())
    assert outcomes["a"].reason == "PHASELINE_SIGNING_KEY is no key"
    assert not (context.workspace.root / "a.out").exists()


def test_what_cannot_be_kept_has_failed_and_nothing_else_has(context: Context) -> None:
    class Picky(Kept):
        def add(self, executions: Sequence[Execution]) -> None:
            if any(one.step == "b" for one in executions):
                raise InvalidConfiguration("b cannot be told")
            super().add(executions)

    graph, ledger = one_phase(*map(join_step, "abc"), join_step("d", ["b"])), Picky()
    outcomes = run(graph, context, ledger=ledger, keep_going=True)
    assert endings(outcomes) == {"a": DONE, "b": FAILED, "c": DONE, "d": NOT_RUN}
    assert outcomes["b"].reason == "b cannot be told"
    assert sorted(record.load_all(context.state)) == ["a", "c"]
    assert {one.step for one in ledger.kept} == {"a", "c"}


def test_a_watcher_that_fails_ends_the_run(context: Context) -> None:
    class Gone(Noted):
        def ended(self, outcome: Outcome) -> None:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(one_phase(join_step("a"), join_step("b", ["a"])), context, watcher=Gone())


def test_probes_are_asked_side_by_side_although_their_steps_wait_for_each_other(
    context: Context,
) -> None:
    together = threading.Barrier(3)

    def stands(context: Context) -> Standing:
        together.wait(10.0)  # passes only when all three are asked at once
        return Standing(True, "stands")

    def chain(probe: Probe | None) -> Graph:
        def step(name: str, *needs: str) -> Step:
            return act(name, name, lambda context: Report(name), needs=needs, probe=probe)

        return one_phase(step("a"), step("b", "a"), step("c", "b"))

    run(chain(None), context)
    outcomes = run(chain(stands), context, jobs=3)
    assert endings(outcomes) == {"a": FRESH, "b": FRESH, "c": FRESH}


def test_what_was_seen_ahead_does_not_count_after_something_before_it_ran(
    context: Context,
) -> None:
    world = {"a": True, "b": True}

    def graph() -> Graph:
        def probe(name: str) -> Probe:
            return lambda context: Standing(world[name], f"{name} is {world[name]}")

        def start(context: Context) -> Report:
            time.sleep(0.1)
            world.update(a=True, b=False)  # a new cluster has no release
            return Report("a", identity={"is": "the same"})

        def install(context: Context) -> Report:
            world["b"] = True
            return Report("b", identity={"is": "the same"})

        return one_phase(
            act("a", "A", start, probe=probe("a")),
            act("b", "B", install, needs=("a",), probe=probe("b")),
        )

    run(graph(), context)
    world.update(a=False, b=True)
    outcomes = run(graph(), context)
    assert endings(outcomes) == {"a": DONE, "b": DONE}
    assert outcomes["b"].reason == "b is False"


def test_a_part_of_the_graph_can_run_by_itself(context: Context) -> None:
    graph = one_phase(join_step("a"), join_step("b", ["a"]), join_step("c", ["b"]))
    made = Run(graph=graph, context=context, watcher=Noted(), id="part")
    (context.workspace.root / "a.out").write_text("a.out\n")
    outcomes = made.run([graph.steps["b"]])
    assert [(one.step.id, one.ending) for one in outcomes] == [("b", DONE)]


def test_a_long_chain_and_a_wide_front_are_run_in_order(context: Context) -> None:
    def noop(context: Context) -> Report:
        return Report("did nothing")

    chain = [make(f"c{n}", "C", noop, needs=(f"c{n - 1}",) if n else ()) for n in range(150)]
    front = [make(f"f{n}", "F", noop) for n in range(150)]
    watcher = Noted()
    outcomes = run(one_phase(*chain, *front, make("gate", "G", noop)), context, watcher=watcher)
    assert set(endings(outcomes).values()) == {DONE}
    assert [name for name in watcher.ended_ if name[0] == "c"] == [step.id for step in chain]
    assert watcher.ended_[-1] == "gate"
