"""A plan from its rehearsal to its end: applied as approved, verified, else taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from phaseline.core.errors import PhaselineError
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.errors import NotPutBack, PutBack, Refused
from phaseline.operators.ai_operations.execution import accounts, guard
from phaseline.operators.ai_operations.execution.accounts import Writer
from phaseline.operators.ai_operations.execution.change import Change, back
from phaseline.operators.ai_operations.execution.difference import difference
from phaseline.operators.ai_operations.execution.rehearsal import APPLIED, Step, rehearse, title
from phaseline.operators.ai_operations.execution.rights import rights
from phaseline.operators.ai_operations.execution.verification import LIMIT, verify
from phaseline.operators.ai_operations.plans.model import Absent, Plan
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.operators.clusters.model import accounts_namespace
from phaseline.process import journal


@dataclass(frozen=True)
class Rehearsed:
    """A plan that the API server would take, with what it changes; `apply` carries it out.

    Attributes:
        hash: of the plan; who approves it approves this.
    """

    plan: Plan
    hash: str
    steps: tuple[Step, ...]
    _view: ClusterView
    _writer: Writer

    @property
    def lines(self) -> list[str]:
        """What would be changed, for a person to read."""
        found = []
        for step in self.steps:
            found.append(title(step.change.target, step.change.method))
            found += [f"  {line}" for line in step.lines] or ["  as it is already"]
            if step.change.target.kind == "Secret" and step.change.method != "POST":
                found.append("  cannot be put back: what a Secret holds is not read")
        return found

    @property
    def idle(self) -> bool:
        """Whether all is so already."""
        return all(step.idle for step in self.steps)

    def apply(self, approved: str, limit: float = LIMIT) -> None:
        """Apply the plan, and wait until what it wishes for is true.

        Args:
            approved: the hash that was approved.

        Raises:
            Refused: that was of another plan, or an object was changed since it was shown.
            PutBack: it did not come true; all that was applied is undone.
            NotPutBack: it did not come true, and something could not be undone.
        """
        if approved != self.hash or self.plan.hash != self.hash:
            raise Refused("this is not the plan that was approved", why=f"approved: {approved}")
        done: list[tuple[Change, Any]] = []
        try:
            for step in self.steps:
                if not step.idle:
                    self._unchanged(step.change)
                    self._gone(step.change, done)
                    journal.progress(title(step.change.target, step.change.method))
                    done.append((step.change, self._send(step.change)))
            verify(self.plan.wishes, self._view, limit)
        except BaseException as fault:
            self._take_back(done, fault)
            raise

    def _unchanged(self, one: Change) -> None:
        """See that an object is as it was when the change was shown."""
        if one.before is None:
            return
        now = self._view.find(one.target)
        seen = difference(_spec(one.before), _spec(now))
        if now is None or seen:
            raise Refused(f"{one.target} was changed since this was shown", why="; ".join(seen))

    def _gone(self, one: Change, done: list[tuple[Change, Any]]) -> None:
        """Wait until what an object replaces, and this plan has removed, is not there any more."""
        removed = [change for change, _ in done if change.method == "DELETE"]
        if one.method == "POST" and one.target in {each.target for each in removed}:
            verify([Absent(target=one.target)], self._view, 60.0)

    def _send(self, one: Change) -> Any:
        self._writer.enter(one.target.namespace)
        return self._writer.api.send(one.method, f"{one.path}?{APPLIED}", one.body, form=one.form)

    def _take_back(self, done: list[tuple[Change, Any]], fault: BaseException) -> None:
        left = [text for change, after in reversed(done) if (text := self._undo(change, after))]
        why = f"{fault.what}: {fault.why}" if isinstance(fault, PhaselineError) else "interrupted"
        if left:
            raise NotPutBack(
                "it did not come true, and not all could be put back",
                why=f"{'; '.join(left)}\n{why}",
            ) from fault
        if done and isinstance(fault, PhaselineError):
            raise PutBack("it did not come true; all is as it was", why=why) from fault

    def _undo(self, change: Change, after: Any) -> str:
        """Take one change back; what is left of it, or ""."""
        journal.progress(f"putting back {change.target}")
        undone = back(change, after)
        if undone is None:
            return f"{change.target} cannot be put back"
        try:
            if change.method == "DELETE":
                verify([Absent(target=change.target)], self._view, 30.0)
            self._send(undone)
            if change.method == "POST":
                verify([Absent(target=change.target)], self._view, 60.0)
        except PhaselineError as error:
            return f"{change.target}: {error.what} {error.why}"
        return ""


def _spec(one: Any) -> dict[str, Any] | None:
    return {name: one[name] for name in one if name not in ("status", "metadata")} if one else None


@contextmanager
def rehearsed(
    context: Context, plan: Plan, view: ClusterView, allowed: Iterable[str] = ()
) -> Iterator[Rehearsed]:
    """A plan, tried by the API server as the account that will apply it; nothing is changed.

    Args:
        allowed: namespaces that are protected unless they are named; these were.

    Raises:
        Refused: it is not allowed, or the cluster is not as it takes it to be.
        CommandFailed: the API server would refuse it.
    """
    own = {context.workspace.settings["chart"]["namespace"]} - set(allowed)
    guard.check(plan, {*own, accounts_namespace(context)})
    with accounts.writer(context, rights(plan)) as writer:
        steps = rehearse(plan, view, writer, accounts_namespace(context))
        yield Rehearsed(plan, plan.hash, steps, view, writer)


Approve = Callable[[Rehearsed], str]
