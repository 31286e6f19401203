"""Whether a cluster can be had as it is asked for; nothing is changed."""

from __future__ import annotations

from phaseline.core.errors import HostUnfit
from phaseline.core.finding import Finding
from phaseline.core.workspace import Context
from phaseline.operators.clusters import choice, model, validation


def requirements(context: Context) -> list[Finding]:
    """The provider, and of a node of ours all that its start depends on."""
    try:
        chosen, state = choice.choice(context), model.load(context)
        if state:
            choice.require_same(choice.wanted(context), state)
    except HostUnfit as error:
        return [Finding("provider", False, f"{error.what}: {error.why}", error.fix)]
    provider = Finding("provider", True, f"{chosen.kind}: {chosen.reason}")
    kind = state.provider if state else chosen.kind
    own = validation.findings(context) if kind == "embedded" else ()
    return [provider, *own]
