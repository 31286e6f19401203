"""How the steps of a run have ended so far, and what that means for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phaseline.engine.graph import Kind, Step
from phaseline.engine.outcome import BAD, LEFT_ALONE, Ending, Outcome
from phaseline.engine.turn import Shared


class Endings:
    """Those of one run; who asks holds the run's lock.

    Args:
        order: the steps that each waits for.
        keep_going: start what does not depend on a failure.

    Attributes:
        outcomes: how each step ended, by its name.
    """

    def __init__(
        self, shared: Shared, order: Mapping[str, Sequence[str]], *, keep_going: bool
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._shared, self._order, self._keep_going = shared, order, keep_going
        self._touched: set[str] = set()  # steps that did something, and what comes after them
        self._bad: set[str] = set()
        self._failed = ""  # the first step that did

    def note(self, outcome: Outcome) -> None:
        """A step has ended."""
        name = outcome.step.id
        self.outcomes[name] = outcome
        if outcome.ending in BAD:
            self._bad.add(name)
        if outcome.ending is Ending.FAILED:
            self._failed = self._failed or name
        if outcome.ending not in LEFT_ALONE or self.comes_after_a_change(name):
            self._touched.add(name)

    def comes_after_a_change(self, name: str) -> bool:
        """Whether a step that this one waits for, however far, did something."""
        return bool(self._touched) and not self._touched.isdisjoint(self._order[name])

    def refusal(self, step: Step) -> Outcome | None:
        """Why `step` cannot start; None if it can."""
        told = self._shared.told
        if step.kind is Kind.NOT_BUILT:
            return told(step, Ending.NOT_BUILT)
        if step.role and not self._shared.context.of_role(step.role).parts:
            reason = f"the application has no {step.role}"
            return told(step, Ending.NOT_APPLICABLE, reason=reason)
        if self._bad and (bad := self._first_bad(step)):
            return self._held_up(step, bad)
        if self._failed and not self._keep_going:
            return self.not_run(step, f"{self._failed} failed; --keep-going would go on")
        return None

    def not_run(self, step: Step, reason: str, because: str = "") -> Outcome:
        """The outcome of a step that is not started; `because` of which step."""
        return self._shared.told(step, Ending.NOT_RUN, reason=reason, because=because)

    def _first_bad(self, step: Step) -> Outcome | None:
        waited = (name for name in self._order[step.id] if name in self._bad)
        return next((self.outcomes[name] for name in waited), None)

    def _held_up(self, step: Step, bad: Outcome) -> Outcome:
        if bad.ending is Ending.NOT_RUN and not bad.because:
            return self.not_run(step, bad.reason)
        root = self.outcomes[bad.because or bad.step.id]
        went = "failed" if root.ending is Ending.FAILED else f"was {root.ending}"
        return self.not_run(step, f"needs {root.step.id}, which {went}", because=root.step.id)
