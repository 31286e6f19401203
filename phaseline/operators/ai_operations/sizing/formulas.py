"""Requests and limits from what was used, by the formulas of KRR and of the VPA. Pure.

KRR (simple strategy): the request of processor time is the largest 95th percentile of a pod, with
no limit; request and limit of memory are the largest use + 15 %, after a kill for want of memory at
least the limit of then + 25 %. https://github.com/robusta-dev/krr
VPA: the 90th percentile + 15 %, between the 50th and the 95th.
https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler
What is different here: floors of 10m and 32Mi, for those of 100 MB and 250 MiB recommend ten times
what a small program uses; and processor time of a container's first minute does not count, for
without a limit it is lent from what is idle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from phaseline.operators.ai_operations.sizing.usage import Sample

STARTING = 60.0  # seconds for which a program counts as starting
_MARGIN, _AFTER_OOM = 1.15, 1.25
_FLOOR_CPU, _FLOOR_MEMORY = 0.01, 32 * 2**20
ENOUGH = 100  # samples, as KRR wants them
_SPAN = 6 * 3600.0  # seconds that samples are to cover before they are trusted in full
_SETTLED = 0.15  # of a value: a smaller change is not worth a rollout


@dataclass(frozen=True)
class Fit:
    """What would fit a container, in cores and bytes.

    Attributes:
        needed_cpu, needed_memory: the same without floors.
        low_cpu, high_cpu: the VPA's bounds; target_cpu its target.
        confidence: from 0 to 1, by how many samples there are and how long a time they cover.
    """

    cpu: float
    memory: float
    needed_cpu: float
    needed_memory: float
    target_cpu: float
    low_cpu: float
    high_cpu: float
    confidence: float
    samples: int


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def fit(samples: Sequence[Sample], oom: float = 0.0) -> Fit | None:
    """What fits these samples; None where there are none.

    Args:
        oom: bytes of the limit at which it was killed for want of memory; 0 if it never was.
    """
    if not samples:
        return None
    steady = [one for one in samples if one.age >= STARTING] or list(samples)
    pods = {one.pod for one in steady}
    worst = max(percentile([s.cpu for s in steady if s.pod == pod], 0.95) for pod in pods)
    # the peak of a start counts for memory: who gets less is killed at the next start
    peak = max(one.memory for one in samples)
    memory = max(peak * _MARGIN, oom * _AFTER_OOM)
    used = [one.cpu for one in steady]
    return Fit(
        cpu=max(_FLOOR_CPU, worst),
        memory=max(_FLOOR_MEMORY, memory),
        needed_cpu=worst,
        needed_memory=memory,
        target_cpu=max(_FLOOR_CPU, percentile(used, 0.9) * _MARGIN),
        low_cpu=percentile(used, 0.5),
        high_cpu=max(_FLOOR_CPU, percentile(used, 0.95) * _MARGIN),
        confidence=_confidence(steady),
        samples=len(samples),
    )


def _confidence(samples: Sequence[Sample]) -> float:
    span = max(one.time for one in samples) - min(one.time for one in samples)
    return round(min(1.0, len(samples) / ENOUGH) * min(1.0, 0.2 + 0.8 * span / _SPAN), 2)


def worth(now: float, wanted: float) -> bool:
    """Whether a change is more than what use varies by anyway."""
    return now <= 0 or abs(wanted - now) / now > _SETTLED
