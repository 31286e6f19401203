"""The graph as data: phases, steps, needs. Pure; checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context

if TYPE_CHECKING:
    from phaseline.core.settings import Role

Operator = Callable[[Context], Report]
Probe = Callable[[Context], Standing]
Trait = Callable[[Context], Mapping[str, str]]
Projection = Callable[[Context], Mapping[str, str]]

LIMIT = 900.0  # seconds that a step may take where its declaration says nothing


class Kind(StrEnum):
    """What running a step does to the world."""

    MAKE = "make"
    """writes files or images"""
    ACT = "act"
    """changes the live world"""
    CHECK = "check"
    """looks, or works on scratch objects that it removes"""
    NOT_BUILT = "not built"
    """declared, so that it is counted; there is no code for it yet"""


class Declared(TypedDict, total=False):
    """What a declaration in tasks.py may say of a step; see `Step`."""

    needs: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: tuple[str, ...]
    role: Role | None
    probe: Probe | None
    limit: float
    exclusive: bool
    ahead: bool
    traits: tuple[Trait, ...]
    variables: tuple[str, ...]
    projection: Projection | None
    tests: tuple[str, ...]


class Step(NamedTuple):
    """One node of the graph.

    Attributes:
        id: a T-ID of the source document, with a suffix where several steps share one.
        needs: steps whose results this one reads; it is redone when they change.
        inputs, outputs: patterns below the checkout; `{state}`, `{chart}`, and for each component
            `{name}`, `{folder}`, `{dockerfile}`, `{prepared}` are filled in; `{sources}` stands
            for all that a component is built from, `{ingredients}` for what of it is prepared.
        settings: the parts of `pipeline.yaml` that it reads, beside its own components.
        role: it runs over the components of this role; None means all of them.
        limit: seconds for the whole step; what takes longer is ended.
        exclusive: nothing else runs beside it.
        ahead: it begins as soon as its own needs are done, before the phases that its phase needs
            are validated, but for those on which all stands: what it does is seen by nobody yet.
        traits: names and values, such as a tool's version, that are part of the key.
        variables: environment variables whose values are part of the key; see `variables.values`.
        projection: what of a live effect is compared when the step is replayed.
        tests: the tests that prove it, as the beginnings of pytest's node IDs.
    """

    id: str
    title: str
    kind: Kind
    run: Operator | None = None
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    role: Role | None = None
    probe: Probe | None = None
    limit: float = LIMIT
    exclusive: bool = False
    ahead: bool = False
    traits: tuple[Trait, ...] = ()
    variables: tuple[str, ...] = ()
    projection: Projection | None = None
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A numbered group of steps. The last step validates it; who needs the phase waits for that."""

    number: int
    name: str
    title: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = ()

    @property
    def gate(self) -> Step:
        """The step that validates this phase."""
        return self.steps[-1]


class Graph:
    """All phases. Iterating gives the steps in an order in which they could run.

    Raises:
        InvalidConfiguration: a name twice, an unknown need, or a cycle, printed as `a -> b -> a`.
    """

    def __init__(self, phases: Iterable[Phase]) -> None:
        self.phases: dict[str, Phase] = {}
        self.steps: dict[str, Step] = {}
        self.phase_of: dict[str, Phase] = {}
        for phase in phases:
            if phase.name in self.phases:
                raise InvalidConfiguration(f"the phase {phase.name} is declared twice")
            if not phase.steps:
                raise InvalidConfiguration(f"the phase {phase.name} has no step")
            self.phases[phase.name] = phase
            for step in phase.steps:
                if step.id in self.steps:
                    raise InvalidConfiguration(f"the step {step.id} is declared twice")
                self.steps[step.id], self.phase_of[step.id] = step, phase
        self.order = _ordered(self.waits_for)

    def __iter__(self) -> Iterator[Step]:
        return (self.steps[name] for name in self.order)

    @cached_property
    def waits_for(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, the steps that must have ended before it starts.

        These are its own needs, the gates of the phases that its phase needs (or, if it may go
        ahead, of those on which that stands), and, for a gate, all other steps of its phase.
        """
        return {name: self._waits_for(name) for name in self.steps}

    @cached_property
    def serves_first(self) -> Mapping[str, tuple[str, ...]]:
        """The same for one who waits to see a change: what no act needs comes after all acts.

        An act starts as soon as its own needs and the phases on which all stands are done; what is
        only checked is checked later.
        """
        acts = [step.id for step in self.steps.values() if step.kind is Kind.ACT]
        needed = reached(acts, {step.id: step.needs for step in self.steps.values()})
        return {name: self._serving(name, name in needed, acts) for name in self.steps}

    def _serving(self, name: str, is_needed: bool, acts: Iterable[str]) -> tuple[str, ...]:
        phase = self.phase_of[name]
        if not phase.needs:
            return self.waits_for[name]
        if is_needed:
            return (*self.steps[name].needs, *self._grounds(phase))
        return (*self.waits_for[name], *acts)

    def _grounds(self, phase: Phase) -> list[str]:
        """The gates of the phases that need no other, and that `phase` comes after."""
        names = reached(phase.needs, {one.name: one.needs for one in self.phases.values()})
        return [self.phases[name].gate.id for name in sorted(names) if not self.phases[name].needs]

    def _waits_for(self, name: str) -> tuple[str, ...]:
        step, phase = self.steps[name], self.phase_of[name]
        gates = [self._phase(needed, phase.name).gate.id for needed in phase.needs]
        if step.ahead:
            gates = self._grounds(phase)
        siblings = [s.id for s in phase.steps if s is not step] if step is phase.gate else []
        if unknown := [need for need in step.needs if need not in self.steps]:
            raise InvalidConfiguration(f"{name} needs {unknown[0]}, which is not a step")
        return tuple(dict.fromkeys((*step.needs, *gates, *siblings)))

    def _phase(self, name: str, wanted_by: str) -> Phase:
        if name not in self.phases:
            raise InvalidConfiguration(f"phase {wanted_by} needs {name}, which is not a phase")
        return self.phases[name]

    def wanted_for(self, phases: Iterable[str]) -> list[Step]:
        """The steps of `phases` and all that they wait for, in an order in which they could run."""
        names = [step.id for name in phases for step in self.phases[name].steps]
        wanted = reached(names, self.waits_for)
        return [self.steps[name] for name in self.order if name in wanted]


def reached(names: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """`names` and all to which `edges` lead from them."""
    found: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(edges.get(name, ()))
    return found


def _ordered(edges: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter(edges).static_order())
    except CycleError as error:
        raise InvalidConfiguration(f"the graph has a cycle: {' -> '.join(error.args[1])}") from None


def make(id: str, title: str, run: Operator, **more: Unpack[Declared]) -> Step:
    """A step that writes files or images."""
    return Step(id=id, title=title, kind=Kind.MAKE, run=run, **more)


def act(id: str, title: str, run: Operator, **more: Unpack[Declared]) -> Step:
    """A step that changes the live world."""
    return Step(id=id, title=title, kind=Kind.ACT, run=run, **more)


def check(id: str, title: str, run: Operator, **more: Unpack[Declared]) -> Step:
    """A step that looks, or works on scratch objects that it removes."""
    return Step(id=id, title=title, kind=Kind.CHECK, run=run, **more)


def not_built(id: str, title: str, **more: Unpack[Declared]) -> Step:
    """A step that is declared and counted, and has no code yet."""
    return Step(id=id, title=title, kind=Kind.NOT_BUILT, **more)
