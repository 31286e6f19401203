"""Replay: phases are run afresh in a separate workspace and compared with what was recorded.

Files and images must come out identical. Of live things, what the step's projection names is
compared: other names, addresses and certificates are meant to differ.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from phaseline.core.errors import CannotReplay, HostUnfit, Interrupted, Retryable
from phaseline.core.files import locked
from phaseline.core.workspace import Context
from phaseline.engine import record
from phaseline.engine.comparison import Listing, Row, Verdict, compare
from phaseline.engine.graph import Graph, Kind, Phase, Step
from phaseline.engine.outcome import BAD, Ending, Outcome, Watcher
from phaseline.engine.recorded import Fact, Trust, changed_inputs, changed_outputs, facts
from phaseline.engine.schedule import Run
from phaseline.engine.separate import Remove, Separate, checkout_files, copy, fill, separate


@dataclass(frozen=True)
class Plan:
    """What a replay does with each step.

    Attributes:
        compared: run afresh and compared; these are all applicable steps of the phases.
        given: of earlier phases; what they made is taken as it was recorded.
        run: all that is run, in order: what is compared, and the acts on the live world that it
            needs. What is given needs none: it is taken as files.
    """

    compared: list[Step]
    given: list[Step]
    run: list[Step]


def plan(graph: Graph, context: Context, phases: Iterable[str]) -> Plan:
    """What replaying `phases` takes. Earlier checks leave nothing, so they are left out."""
    names = set(phases)
    wanted = [one for one in graph.wanted_for(names) if _applies(one, context)]
    own = {one.id for one in wanted if graph.phase_of[one.id].name in names}
    acts = _acts_for(own, graph)
    return Plan(
        compared=sorted(
            (one for one in wanted if one.id in own), key=lambda one: graph.phase_of[one.id].number
        ),
        given=[one for one in wanted if one.id not in own and one.kind is Kind.MAKE],
        run=[one for one in wanted if one.id in own or one.id in acts],
    )


def _acts_for(names: set[str], graph: Graph) -> set[str]:
    """The acts that the steps `names` need, directly or by another act."""
    found, pending = set[str](), [*names]
    while pending:
        needs = set(graph.steps[pending.pop()].needs)
        acts = {one for one in needs - found if graph.steps[one].kind is Kind.ACT}
        found |= acts
        pending += acts
    return found


def run_graph(graph: Graph, wanted: Plan) -> Graph:
    """The steps that a replay runs, in the order of `graph` also where it led over others."""
    kept = {one.id for one in wanted.run}

    def before(name: str) -> set[str]:
        found = set[str]()
        for need in graph.waits_for[name]:
            found |= {need} if need in kept else before(need)
        return found

    steps = tuple(one._replace(needs=tuple(sorted(before(one.id)))) for one in wanted.run)
    return Graph([Phase(number=1, name="replay", title="What is replayed", steps=steps)])


def replayable(graph: Graph, context: Context) -> list[Phase]:
    """The phases of which anything was recorded."""
    kept = record.load_all(context.state).keys()
    return [p for p in graph.phases.values() if any(step.id in kept for step in p.steps)]


@dataclass
class Replay:
    """A replay of some phases of the workspace `context`.

    Attributes:
        remove: takes away what a workspace has made outside of its folder.
        trust: what the evidence is checked against.
        listing: tells what is in a made thing, by its name; see `comparison.Listing`.
        keep: leave the separate workspace, whose folder `kept` is then.
    """

    graph: Graph
    context: Context
    watcher: Watcher
    remove: Remove
    trust: Trust = field(default_factory=Trust)
    listing: Listing = lambda name: []
    keep: bool = False
    jobs: int = 6
    kept: str = ""
    _run: Run | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, phases: Iterable[str]) -> list[Row]:
        """Replay `phases`; returns what was compared, phase by phase.

        Nothing is run where an input is not the one recorded: then these inputs are the rows.

        Raises:
            CannotReplay: nothing is recorded, the evidence has faults, or the separate workspace
                cannot do what it takes.
            LockHeld: the workspace is at work, or is replayed already.
            Interrupted: `stop` was called.
        """
        wanted = plan(self.graph, self.context, phases)
        with separate(self.context, self.remove, keep=self.keep) as place:
            with locked(self.context.state / "lock", "invoke replay"):
                known = facts(self.context, (*wanted.compared, *wanted.given), self.trust)
                if changed := [*self._changed(wanted, known)]:
                    return changed
                self._fill(place, wanted, known)
            self.kept = str(place.root) if self.keep else ""
            outcomes = self._perform(place, wanted)
            return [*self._compared(place, wanted, known, outcomes)]

    def stop(self) -> None:
        """End the replay soon, and clear away what it has made; safe in a signal handler."""
        self._stopped.set()
        if self._run:
            self._run.stop()

    def _changed(self, wanted: Plan, known: Mapping[str, Fact]) -> Iterator[Row]:
        for step in wanted.compared:
            for name in changed_inputs(step, known[step.id], self.graph, self.context):
                yield _not_recorded(step, name)
        for step in wanted.given:
            for name in changed_outputs(step, known[step.id], self.context):
                yield _not_recorded(step, f"input {name}")

    def _fill(self, place: Separate, wanted: Plan, known: Mapping[str, Fact]) -> None:
        """Lay out the checkout without what steps make, what is given, and copies to compare."""
        kept = record.load_all(self.context.state).values()
        made = {name for one in kept for name in one.outputs}
        given = [name for step in wanted.given for name in known[step.id].files]
        inputs = [name for step in wanted.compared for name in known[step.id].inputs]
        sources = [name for name in inputs if name not in made]  # also such as git ignores
        files = checkout_files(self.context.workspace.root, made)
        fill(place, self.context, dict.fromkeys((*files, *sources, *given)))
        for step in wanted.compared:
            altered = changed_outputs(step, known[step.id], self.context)
            for name in known[step.id].files:
                if name not in altered:
                    self._heed_stop()
                    copy(self.context.workspace.root / name, place.recorded / name)

    def _perform(self, place: Separate, wanted: Plan) -> dict[str, Outcome]:
        graph = run_graph(self.graph, wanted)
        self._run = Run(
            graph=graph,
            context=place.context,
            watcher=self.watcher,
            id="replay",
            jobs=self.jobs,
            keep_going=True,
        )
        self._heed_stop()
        outcomes = {outcome.step.id: outcome for outcome in self._run.run(list(graph))}
        self._heed_stop()
        compared = {step.id for step in wanted.compared}
        for outcome in outcomes.values():
            _require(outcome, compared=outcome.step.id in compared)
        return outcomes

    def _compared(
        self,
        place: Separate,
        wanted: Plan,
        known: Mapping[str, Fact],
        outcomes: Mapping[str, Outcome],
    ) -> Iterator[Row]:
        for step in wanted.compared:
            fact, outcome = known[step.id], outcomes[step.id]
            redone = record.load(place.context.state, step.id)
            yield from compare(step, fact, outcome, redone, place, self.listing)

    def _heed_stop(self) -> None:
        if self._stopped.is_set():
            raise Interrupted("the replay was interrupted; what it had made is gone")


def _applies(step: Step, context: Context) -> bool:
    role = not step.role or context.pipeline.of_role(step.role)
    return step.kind is not Kind.NOT_BUILT and bool(role)


def _not_recorded(step: Step, name: str) -> Row:
    told = f"{name} is not the one recorded"
    return Row(step=step.id, output=name, verdict=Verdict.DIFFERS, difference=told)


def _require(outcome: Outcome, *, compared: bool) -> None:
    """See that a step's bad end, if it has one, says something on what it makes.

    Raises:
        CannotReplay: it does not: the machine cannot do it now, or it only prepares the ground.
    """
    failed = outcome.ending is Ending.FAILED and isinstance(outcome.error, Retryable | HostUnfit)
    if failed or (not compared and outcome.ending in BAD):
        raise CannotReplay(
            f"{outcome.step.id} failed in the separate workspace",
            why=str(outcome.error or outcome.reason),
        )
