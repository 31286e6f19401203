"""Noticing saved files that steps are made of, while they run and while nothing does.

The content decides: a file that was written with what it held before is not saved, and what steps
make themselves is looked at neither. Saves that come close together count as one.
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self

from phaseline.core.errors import HostUnfit, PhaselineError
from phaseline.core.files import digest_file
from phaseline.core.workspace import Context
from phaseline.engine import paths
from phaseline.engine.graph import Graph, Step

SETTINGS = "pipeline.yaml"
_QUIET_MS = 80  # nothing more is saved for so long: the save is complete
_LONGEST_MS = 2000  # also the time after which we look although nothing was noticed

Snapshot = Mapping[str, str]


def snapshot(graph: Graph, context: Context, steps: Iterable[Step]) -> Snapshot:
    """Digest of each input of `steps` and of `pipeline.yaml`, without what steps make."""
    root, made = context.workspace.root, _made(graph, context)
    found = {SETTINGS: digest_file(root / SETTINGS) if (root / SETTINGS).exists() else paths.ABSENT}
    for step in steps:
        found |= paths.digests(step.inputs, context.of_role(step.role))
    return {name: digest for name, digest in found.items() if not _is_made(name, made)}


def saved(before: Snapshot, after: Snapshot) -> list[str]:
    """The files that are not as they were: changed, new, or gone."""
    names = sorted(before.keys() | after.keys())
    return [name for name in names if before.get(name) != after.get(name)]


def _made(graph: Graph, context: Context) -> set[str]:
    return {
        pattern
        for step in graph.steps.values()
        for pattern in paths.expand(step.outputs, context.of_role(step.role))
    }


def _is_made(name: str, made: Iterable[str]) -> bool:
    return name.startswith(".phaseline/") or any(
        name == one or name.startswith(f"{one}/") or fnmatch.fnmatchcase(name, one) for one in made
    )


class Saves:
    """While it is entered, a thread watches; it tells once, when something was saved.

    Args:
        look: takes the snapshot now; seen: the one to compare with.
        tell: given the names of the files that were saved, or what keeps us from watching.
    """

    def __init__(
        self,
        root: Path,
        seen: Snapshot,
        look: Callable[[], Snapshot],
        tell: Callable[[list[str] | PhaselineError], object],
    ) -> None:
        self._seen, self._look, self._tell = seen, look, tell
        parents = {(root / name).parent for name in seen} | {root}
        self._folders = sorted(folder for folder in parents if folder.is_dir())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            self._compare_at_each_change()
        except PhaselineError as error:
            self._tell(error)

    def _compare_at_each_change(self) -> None:
        import watchfiles

        try:
            changes = watchfiles.watch(
                *self._folders,
                watch_filter=None,
                step=_QUIET_MS,
                debounce=_LONGEST_MS,
                rust_timeout=_LONGEST_MS,
                yield_on_timeout=True,
                stop_event=self._over,
                raise_interrupt=False,
                recursive=False,
            )
            # also when nothing was noticed: what was saved before the watch began, a new folder
            for _ in changes:
                if names := saved(self._seen, self._look()):
                    self._tell(names)
                    return
        except (OSError, RuntimeError) as error:  # the kernel's watches are used up
            raise HostUnfit(
                "files cannot be watched",
                why=str(error),
                fix="raise fs.inotify.max_user_instances and max_user_watches, or do without it",
            ) from error
