"""The application's page, opened in the user's browser."""

from __future__ import annotations

import os
import shutil

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.services.live import places
from phaseline.process.command import Command
from phaseline.process.run import run

_OPENER = "xdg-open"
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def open_page(context: Context, name: str = "") -> Report:
    """Open the address called `name`, or the first one.

    Raises:
        InvalidConfiguration: there is no such address.
        CheckFailed: it cannot be opened, since no Service leads there.
    """
    known = [one["name"] for one in context.workspace.settings["addresses"]]
    chosen = name or next(iter(known), "")
    if chosen not in known:
        fix = f"one of {', '.join(known)}" if known else "declare `addresses` in pipeline.yaml"
        raise InvalidConfiguration(f"there is no address {name}".strip(), fix=fix)
    page = places(context)[chosen]
    opener = shutil.which(_OPENER)
    if opener is None or not any(os.environ.get(screen) for screen in _SCREENS):
        return Report(page, lines=("no browser can be opened from here: open it in yours",))
    run(Command(argv=(opener, page), timeout=15.0))
    return Report(f"opened {page}")
