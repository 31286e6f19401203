"""Whether the application still answers. Asked in every run: it imports little."""

from __future__ import annotations

from phaseline.core.report import Standing
from phaseline.core.workspace import Context
from phaseline.operators.services.live import places
from phaseline.tools import web


def journeys_stand(context: Context) -> Standing:
    """Whether each address answers at once."""
    for place in places(context).values():
        if not web.answers(place):
            return Standing(False, f"{place} does not answer")
    return Standing(True, "every address answers")
