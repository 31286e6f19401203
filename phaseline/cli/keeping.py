"""What changes the state folder as a whole: taking it elsewhere, and keeping it small."""

from __future__ import annotations

from pathlib import Path

from phaseline.cli.edge import alone, say
from phaseline.cli.task import whole_number
from phaseline.cli.words import show
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph


def export(context: Context, target: str, *, as_json: bool) -> int:
    """Write the state to `target`."""
    from phaseline.engine import archive

    with alone(context, "invoke state.export"):
        made = archive.export(context, Path(target).absolute())
    row = {
        "path": target,
        "records": made.records,
        "files": made.files,
        "bytes": made.size,
        "left_out": list(made.left_out),
    }
    if as_json:
        return show([row], as_json=True)
    say(f"{target}: {made.records} records, {made.files} files, {made.size} bytes")
    for name in made.left_out:
        say(f"  left out: {name}; its step will run again")
    return 0


def take_over(graph: Graph, context: Context, source: str, *, replace: bool, as_json: bool) -> int:
    """Take over the state in `source`."""
    from phaseline.engine.restore import restore

    with alone(context, "invoke state.import"):
        found = restore(context, graph, Path(source), replace=replace)
    row = {"records": found.records, "files": found.files, "left_out": list(found.left_out)}
    if as_json:
        return show([row], as_json=True)
    say(f"{found.records} records and {found.files} files taken over from {source}")
    for name in found.left_out:
        say(f"  left out: {name}; no step of this checkout makes it")
    return 0


def prune(context: Context, keep_runs: str, max_size: str, *, dry_run: bool, as_json: bool) -> int:
    """Remove old runs of the workspace, and what the caches hold beyond `max_size`.

    Raises:
        InvalidConfiguration: a number or a size is none.
        LockHeld: a run is at work, or something is being put into the caches.
    """
    from phaseline.engine import prune as pruning
    from phaseline.operators.hosts import caches

    kept = whole_number("--keep-runs", keep_runs, least=0)
    most = pruning.parse_size(max_size)
    with alone(context, "invoke prune"), caches.held("invoke prune"):
        cached = [
            pruning.Item(
                kind=one.kind,
                name=one.name,
                paths=one.paths,
                size=pruning.size_of(one.paths),
                used=one.used,
                kept=one.kept,
            )
            for one in caches.cached(context)
        ]
        chosen = [
            *pruning.old_runs(context.state, kept, most),
            *pruning.excess(cached, most),
        ]
        for item in chosen if not dry_run else ():
            pruning.remove(item)
    left = sum(item.size for item in cached) - sum(i.size for i in chosen if i.kind != "run")
    rows = [{"kind": i.kind, "name": i.name, "bytes": i.size} for i in chosen]
    if as_json:
        return show(rows, as_json=True)
    verb = "would go" if dry_run else "removed"
    for item in chosen:
        say(f"{verb}: {item.kind} {item.name}, {pruning.size_in_words(item.size)}")
    say(f"{len(chosen)} {verb}; the caches hold {pruning.size_in_words(left)}, at most {max_size}")
    if left > most:
        say("what is left is in use, and stays")
    return 0
