"""Where errors end: a message on standard error and an exit code."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType
from typing import ParamSpec

from invoke.exceptions import Exit

from phaseline.core.errors import InvalidConfiguration, PhaselineError
from phaseline.core.files import locked
from phaseline.core.report import Report
from phaseline.core.workspace import Context, Workspace

P = ParamSpec("P")

# What a command makes, it mostly keeps to its end: looking through all of it again and again takes
# up to a tenth of a run. This many objects are made before it is done once.
_MANY_OBJECTS = 500_000


def edge(task: Callable[P, int]) -> Callable[P, None]:
    """Make of a function that returns an exit code one that ends the program with it.

    A PhaselineError becomes its message and its exit code. SIGTERM is taken as Ctrl-C.
    """

    @functools.wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        gc.freeze()  # modules and the graph stay
        gc.set_threshold(_MANY_OBJECTS)
        try:
            code = task(*args, **kwargs)
        except PhaselineError as error:
            raise Exit(f"error: {error}", code=error.exit_code) from error
        except BrokenPipeError:  # a reader that has enough, such as `head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise Exit(code=141) from None
        except KeyboardInterrupt:
            raise Exit("interrupted; what was done is kept, run it again to go on", 130) from None
        finally:
            gc.freeze()  # the process ends: nobody needs to look through what is left
        if code:
            raise Exit(code=code)

    return run


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def context(tasks_folder: Path, cluster: str = "") -> Context:
    """The workspace: the nearest folder above us with a `pipeline.yaml`, else that of tasks.py.

    Args:
        cluster: the provider that `--cluster` names.

    Raises:
        InvalidConfiguration: there is none, or it is wrong; or the workspace has a cluster of
            another provider than is named.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, tasks_folder):
        if (folder / "pipeline.yaml").exists():
            workspace = Workspace(folder, asked=cluster)
            workspace.settings  # noqa: B018 - what is wrong with them is told before all else
            if cluster:
                _require_possible(Context(workspace))
            return Context(workspace)
    raise InvalidConfiguration(
        f"there is no pipeline.yaml in {here} or above", fix="run invoke in a folder that has one"
    )


def _require_possible(context: Context) -> None:
    from phaseline.operators.clusters import choice, model

    context.pipeline  # noqa: B018 - it says which providers there are
    if state := model.load(context):
        choice.require_same(context.workspace.asked, state)


def alone(context: Context, purpose: str) -> AbstractContextManager[bool]:
    """The lock that lets one run at a time change the workspace; see `core.files.locked`."""
    return locked(context.state / "lock", purpose)


def say(text: str) -> None:
    """One line for the user, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def told(report: Report) -> int:
    """What an operator has done, for the user; the exit code 0."""
    say(report.summary)
    for line in report.lines:
        say(f"  {line}")
    return 0
