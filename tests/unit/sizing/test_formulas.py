"""Requests and limits by use: KRR's and the VPA's formulas, starts, kills and autoscalers."""

from __future__ import annotations

import pytest

from phaseline.operators.ai_operations.sizing.formulas import fit, percentile
from phaseline.operators.ai_operations.sizing.usage import Sample

MIB = 2**20


def _samples(count: int, *, pod: str = "a", cpu: float = 0.1, memory: int = 100) -> list[Sample]:
    return [Sample(60.0 * n, pod, cpu, memory * MIB, 3600.0) for n in range(count)]


def test_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.9, 0.95, 1.0)] == [50, 90, 95, 100]
    assert percentile([], 0.9) == 0


def test_the_busiest_pod_decides_on_processor_time() -> None:
    found = fit([*_samples(50, cpu=0.02), *_samples(50, pod="b", cpu=0.4)])
    assert found is not None
    assert found.cpu == 0.4


def test_memory_has_room_above_its_peak() -> None:
    found = fit([*_samples(99), *_samples(1, pod="b", memory=200)])
    assert found is not None
    assert found.memory == pytest.approx(230 * MIB)


def test_after_a_kill_it_gets_a_quarter_more_than_it_had() -> None:
    found = fit(_samples(10), oom=512 * MIB)
    assert found is not None
    assert found.memory == 640 * MIB


def test_a_start_counts_for_memory_and_not_for_processor_time() -> None:
    start = Sample(0.0, "a", 3.0, 300 * MIB, 2.0)
    found = fit([start, *_samples(50)])
    assert found is not None
    assert (found.cpu, round(found.memory / MIB)) == (0.1, 345)


def test_small_programs_keep_small_requests() -> None:
    found = fit(_samples(100, cpu=0.0001, memory=4))
    assert found is not None
    assert (found.cpu, found.memory) == (0.01, 32 * MIB)


def test_confidence_grows_with_samples_and_time() -> None:
    few, many = fit(_samples(5)), fit(_samples(400))
    assert few is not None
    assert many is not None
    assert few.confidence < 0.1
    assert many.confidence == 1.0


def test_nothing_is_said_of_nothing() -> None:
    assert fit([]) is None
