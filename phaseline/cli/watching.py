"""`--watch`: after a run, wait for saved files; run again, or start anew when one is superseded."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from phaseline.cli.edge import say
from phaseline.cli.running import Asked, choose, run_phases
from phaseline.core.errors import PhaselineError
from phaseline.core.workspace import Context
from phaseline.engine import program
from phaseline.engine.events import VERSION
from phaseline.engine.graph import Graph
from phaseline.engine.schedule import Run
from phaseline.engine.watch import Saves, Snapshot, saved, snapshot
from phaseline.process import groups, itself


def watch(graph: Graph, reopen: Callable[[], Context], asked: Asked, folder: Path) -> int:
    """Run, and run again what each save touches, until Ctrl-C; returns 130.

    Who watches waits to see a change: it is served first, and checked afterwards.
    `pipeline.yaml` is read again when it was saved. When the pipeline's own code was, this becomes
    a new process of the same command line.

    Args:
        reopen: gives the workspace with its settings as they are now.
        folder: where tasks.py is.

    Raises:
        InvalidConfiguration: what is asked for makes no sense at the start.
    """
    loop = _Loop(graph, reopen, replace(asked, serve_first=True), program.Program(folder))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.end())
    while not loop.over:
        loop.turn()
    return 130


class _Loop:
    """The main thread runs and waits; the thread that watches, and signals, only tell it."""

    def __init__(
        self,
        graph: Graph,
        reopen: Callable[[], Context],
        asked: Asked,
        code: program.Program,
    ) -> None:
        self._graph, self._reopen, self._asked = graph, reopen, asked
        self._context = reopen()
        self._code, self._loaded = code, code.snapshot(self._context)
        self._chosen = choose(graph, self._context, asked)
        self.over = self._superseded = False
        self._run: Run | None = None
        self._news: SimpleQueue[list[str] | PhaselineError] = SimpleQueue()

    def turn(self) -> None:
        """Run once, and wait for a save."""
        self._superseded = False
        fault = self._renew() or self._open()
        seen = self._look()
        with Saves(self._context.workspace.root, seen, self._look, self._hear):
            fault = fault or self._run_once()
            if fault:
                self._say(f"error: {fault}", error=fault.what)
            if not self.over and not self._superseded:
                self._is_done(seen)
            told = self._news.get()
        if isinstance(told, PhaselineError):
            raise told
        if told:
            self._say(f"\nsaved: {', '.join(told)}", saved=told)

    def end(self) -> None:
        """Ctrl-C: end the run that goes on, and the loop."""
        self.over = True
        self._stop_run()
        self._news.put([])

    def _hear(self, told: list[str] | PhaselineError) -> None:
        self._superseded = True
        self._stop_run()
        self._news.put(told)

    def _stop_run(self) -> None:
        if run := self._run:
            run.stop()

    def _begin(self, run: Run) -> None:
        self._run = run
        if self.over or self._superseded:  # told before there was a run to stop
            run.stop()

    def _renew(self) -> PhaselineError | None:
        """Start anew if the code is not what was loaded; what keeps us from it, if anything."""
        changed = saved(self._loaded, self._code.snapshot(self._context))
        if not changed or self.over:
            return None
        try:
            program.require_loadable(self._context.workspace.root, changed)
        except PhaselineError as error:  # the next save may be better
            return error
        self._say("starting anew, with the code as it is now", restart=changed)
        return itself.start_anew()

    def _open(self) -> PhaselineError | None:
        try:
            self._context = self._reopen()
            self._chosen = choose(self._graph, self._context, self._asked)
        except PhaselineError as error:  # wrong settings were saved: the next save may be better
            return error
        return None

    def _run_once(self) -> PhaselineError | None:
        try:
            run_phases(self._graph, self._context, self._asked, self._begin)
        except PhaselineError as error:  # as when another command holds the lock
            return error
        finally:
            self._run = None
            groups.reset()
        return None

    def _is_done(self, seen: Snapshot) -> None:
        # what was to be forced, or read again, has been
        wish = self._asked.wish._replace(force=())
        self._asked = replace(self._asked, wish=wish, rehash=False)
        text = f"watching {len(seen)} files; save one to run again, Ctrl-C ends"
        self._say(text, files=len(seen))

    def _look(self) -> Snapshot:
        inputs = snapshot(self._graph, self._context, self._chosen.steps)
        return {**inputs, **self._code.snapshot(self._context)}

    def _say(self, text: str, **told: object) -> None:
        if self._asked.json:
            event = {"version": VERSION, "event": "watch", "time": time.time(), **told}
            text = json.dumps(event, ensure_ascii=False)
        say(text)
