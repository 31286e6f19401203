"""The analysis: faults with their causes, and everything that is not as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phaseline.operators.ai_operations.analysis.checks import leftovers, nodes, rights, workloads
from phaseline.operators.ai_operations.analysis.finding import Check, Finding, Severity
from phaseline.operators.ai_operations.diagnosis.diagnosing import found
from phaseline.operators.ai_operations.snapshot.loading import load
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.view import ClusterView

CHECKS: tuple[Check, ...] = (workloads.check, leftovers.check, rights.check)
_OF_OTHERS = ("kube-system", "kube-public", "kube-node-lease")


@dataclass(frozen=True)
class Analysis:
    """What an analysis has found, the worst first.

    Attributes:
        counts: how many objects of each kind were looked at; unseen: kinds that may not be listed.
    """

    findings: tuple[Finding, ...]
    counts: dict[str, int]
    unseen: tuple[str, ...]

    @property
    def by_severity(self) -> dict[str, int]:
        """How many findings there are of each severity, the worst first."""
        counted = Counter(one.severity for one in self.findings)
        return {str(severity): counted[severity] for severity in sorted(counted, reverse=True)}

    def plain(self) -> dict[str, object]:
        """The same as values that JSON has."""
        return {
            "version": 1,
            "objects": self.counts,
            "unseen": list(self.unseen),
            "severities": self.by_severity,
            "findings": [_plain(one) for one in self.findings],
        }


def _plain(one: Finding) -> dict[str, object]:
    return {
        "code": one.code,
        "severity": str(one.severity),
        "kind": one.subject.kind,
        "namespace": one.subject.namespace,
        "name": one.subject.name,
        "what": one.what,
        "advice": one.advice,
        "evidence": list(one.evidence),
    }


def analyze(view: ClusterView, namespace: str = "") -> Analysis:
    """Analyse a namespace, or the whole cluster where it is "". Nothing is changed.

    Raises:
        Unreachable: the API server does not answer.
    """
    return of(load(view, namespace), namespace)


def of(snapshot: Snapshot, namespace: str = "") -> Analysis:
    """The analysis of a snapshot. Pure but for the logs that it asks for."""
    places = [namespace] if namespace else snapshot.namespaces
    findings = [*nodes.check(snapshot)] if not namespace else []
    for place in places:
        findings += _faults(snapshot, place)
        if place not in _OF_OTHERS:
            findings += [each for check in CHECKS for each in check(snapshot, place)]
    findings.sort(key=lambda one: (-one.severity, one.code, one.subject))
    counts = {kind: len(listed) for kind, listed in snapshot.objects.items() if listed}
    return Analysis(tuple(findings), counts, tuple(sorted(snapshot.unseen)))


def _faults(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    for cause in found(snapshot, namespace):
        down = cause.symptom or cause.rule not in _LATENT
        advice = "; ".join(edit.what for edit in cause.edits) or cause.advice
        severity = Severity.CRITICAL if down else Severity.MEDIUM
        yield Finding(cause.rule, severity, cause.subject, cause.what, advice, cause.evidence)


# Faults that do no harm yet, or that somebody may have meant.
_LATENT = (
    "budget",
    "autoscaler-requests",
    "autoscaler-target",
    "no-replicas",
    "suspended",
    "paused",
)


def table(analysis: Analysis, *, least: Severity = Severity.LOW) -> Sequence[tuple[str, ...]]:
    """Rows for a person to read: severity, object, what it is, what to do; hints left out."""
    shown = [one for one in analysis.findings if one.severity >= least]
    return [
        (
            str(one.severity),
            f"{one.subject.namespace}/{one.subject}".lstrip("/"),
            one.what,
            one.advice,
        )
        for one in shown
    ]
