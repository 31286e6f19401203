"""Which of a run's steps are meant: `--only`, `--from`, `--through`, `--force`. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine.graph import Graph, Step, reached


class Wish(NamedTuple):
    """What the user named: IDs of steps; a bare one, `T007`, stands for all of `T007.*` too.

    Attributes:
        only: these and no others.
        since: this one and what comes after it.
        through: what is needed up to this one, and itself.
        force: these run even if they are fresh.
    """

    only: tuple[str, ...] = ()
    since: str = ""
    through: str = ""
    force: tuple[str, ...] = ()


class Selection(NamedTuple):
    """The steps of a run, in an order in which they could run, and those that must."""

    steps: tuple[Step, ...]
    forced: frozenset[str]


def select(graph: Graph, steps: Sequence[Step], wish: Wish) -> Selection:
    """Those of `steps` that `wish` means.

    Raises:
        InvalidConfiguration: it names what is not among them, excludes itself, or means nothing.
    """
    names = [step.id for step in steps]
    if wish.only and (wish.since or wish.through):
        raise InvalidConfiguration("--only says it all: --from and --through cannot be beside it")
    chosen = set(names)
    if wish.only:
        chosen &= {one for name in wish.only for one in _meant("--only", name, names)}
    if wish.since:
        after = reached(_meant("--from", wish.since, names), _followers(graph))
        chosen &= after
    if wish.through:
        chosen &= reached(_meant("--through", wish.through, names), graph.waits_for)
    if not chosen:
        raise InvalidConfiguration(f"no step lies from {wish.since} through {wish.through}")
    forced = {one for name in wish.force for one in _meant("--force", name, names)}
    if left_out := sorted(forced - chosen):
        raise InvalidConfiguration(f"--force {left_out[0]}: it is not among the steps to run")
    return Selection(tuple(step for step in steps if step.id in chosen), frozenset(forced))


def require(graph: Graph, selection: Selection, stands: Callable[[Step], bool], task: str) -> None:
    """See that what the selected steps need, where it is not selected itself, was made.

    Args:
        stands: whether a step has a record, or needs none.
        task: what is being run, for the advice.

    Raises:
        InvalidConfiguration: naming each that was never made, and who needs it.
    """
    chosen = {step.id for step in selection.steps}
    lacking = {
        need: step.id
        for step in selection.steps
        for need in step.needs
        if need not in chosen and not stands(graph.steps[need])
    }
    if lacking:
        raise InvalidConfiguration(
            "what the chosen steps need is not there",
            why="; ".join(
                f"{user} needs {need}, which has no record" for need, user in lacking.items()
            ),
            fix=f"run `invoke {task} --through {next(iter(lacking))}` first",
        )


def _meant(option: str, name: str, names: Sequence[str]) -> list[str]:
    found = [one for one in names if one == name or ("." not in name and _bare(one) == name)]
    if found:
        return found
    known = [*names, *map(_bare, names)]
    raise _unknown(f"{option} {name}: there is no such step in this run", name, known)


def require_known(graph: Graph, field: str, names: Iterable[str]) -> None:
    """See that `names`, which a field of `pipeline.yaml` holds, are steps.

    Raises:
        InvalidConfiguration: one is not.
    """
    for name in names:
        if name not in graph.steps:
            raise _unknown(f"{field}: {name} is not a step", name, list(graph.steps))


def _unknown(what: str, name: str, known: Sequence[str]) -> InvalidConfiguration:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    fix = f"did you mean {near[0]}?" if near else "`invoke status` lists the steps"
    return InvalidConfiguration(what, fix=fix)


def _bare(name: str) -> str:
    return name.partition(".")[0]


def _followers(graph: Graph) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, before in graph.waits_for.items():
        for one in before:
            found.setdefault(one, []).append(name)
    return found
