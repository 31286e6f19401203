"""A replay as it is asked for and told: phases, trust, progress, a table, the exit code."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from phaseline.cli.console import PlainScreen, screen
from phaseline.cli.edge import say
from phaseline.cli.words import printable, table
from phaseline.core.errors import CannotReplay, InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine import signing, verification
from phaseline.engine.comparison import Row, Verdict, counts
from phaseline.engine.graph import Graph
from phaseline.engine.recorded import Trust
from phaseline.engine.replay import Replay, replayable
from phaseline.operators.images.build import FRESH
from phaseline.operators.images.listing import listing
from phaseline.operators.teardown import teardown

_FEW = 5  # identical files of one step that are told one by one


def wanted(graph: Graph, context: Context, phase: str, *, everything: bool) -> list[str]:
    """The phases that the options name.

    Raises:
        InvalidConfiguration: none or both options are given, or there is no such phase.
        CannotReplay: all are wanted, and none was run here.
    """
    if everything == bool(phase):
        raise InvalidConfiguration("replay takes either --phase or --all", fix="--phase chart")
    if everything:
        names = [one.name for one in replayable(graph, context)]
        if not names:
            raise CannotReplay("no phase was run here yet", fix="run `invoke deploy-all`")
        return names
    for one in graph.phases.values():
        if phase in (one.name, str(one.number)):
            return [one.name]
    known = ", ".join(f"{one.number} {one.name}" for one in graph.phases.values())
    raise InvalidConfiguration(f"--phase {phase}: there is no such phase", why=f"known: {known}")


def trust(head: str, key: str) -> Trust:
    """Whom the options trust; who signs here, by default.

    Raises:
        InvalidConfiguration: the head or the file of keys is none.
    """
    own = signing.own_key()
    keys = signing.read_keys(Path(key)) if key else [own] if own else []
    return Trust(tuple(keys), verification.parse_head(head) if head else "")


def replay(
    graph: Graph,
    context: Context,
    phases: Sequence[str],
    trust: Trust,
    *,
    keep: bool,
    as_json: bool,
) -> int:
    """Replay `phases` and print how each output compares; exit code 1 where one differs.

    Raises:
        CannotReplay, LockHeld, Interrupted: see `Replay.run`.
    """
    os.environ[FRESH] = "1"
    with PlainScreen(sys.stderr) if as_json else screen() as watcher:
        replay = Replay(graph, context, watcher, teardown, trust, listing, keep)
        _stop_on_signals(replay.stop)
        rows = replay.run(phases)
    if as_json:
        say(json.dumps(_structured(phases, rows, replay.kept), indent=2))
    else:
        _tell(phases, rows, replay.kept)
    return 1 if counts(rows)[Verdict.DIFFERS] else 0


def _stop_on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop())


def _structured(phases: Sequence[str], rows: Sequence[Row], kept: str) -> dict[str, object]:
    return {
        "phases": list(phases),
        "counts": {verdict.value: count for verdict, count in counts(rows).items()},
        "kept": kept,
        "rows": [asdict(row) for row in rows],
    }


def _tell(phases: Sequence[str], rows: Sequence[Row], kept: str) -> None:
    say("")
    say("\n".join(table([*_gathered(rows)])))
    for row in rows:
        if row.difference:
            say(f"\n✗ {row.step}: {printable(row.output)}")
            say("\n".join(f"  {printable(line)}" for line in row.difference.splitlines()))
    found = counts(rows)
    told = [f"{found[Verdict.IDENTICAL]} identical", f"{found[Verdict.DIFFERS]} differ"]
    if ended := found[Verdict.ENDED]:
        told.append(f"{ended} steps compared by their ending alone")
    say(f"\nreplay of {', '.join(phases)}: {', '.join(told)}")
    if kept:
        say(f"kept in {kept}; remove it with `invoke teardown` there")


def _gathered(rows: Sequence[Row]) -> Iterator[dict[str, str]]:
    """The rows of the table; many identical files of one step are one."""
    for (step, verdict), group in itertools.groupby(rows, lambda row: (row.step, row.verdict)):
        outputs = [row.output for row in group]
        if verdict is Verdict.IDENTICAL and len(outputs) > _FEW:
            outputs = [f"{os.path.commonpath(outputs)} … {len(outputs)} outputs".strip()]
        for output in outputs:
            yield {"step": step, "output": output, "verdict": verdict}
