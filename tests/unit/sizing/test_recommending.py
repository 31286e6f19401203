"""From kubelet's summaries to recommendations and a patch, and what is kept between runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phaseline.operators.ai_operations.sizing.recommending import Advice, recommended
from phaseline.operators.ai_operations.sizing.usage import Usage, kept, sampled
from phaseline.operators.ai_operations.sizing.values import patched
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from tests.unit.diagnosis.made import PLACE, container, crashed, snapshot, thing, web

MIB = 2**20
KEY = f"{PLACE}/Deployment/web/main"


def _summary(minute: int, cores: float, mebibytes: int) -> dict[str, Any]:
    time = f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z"
    memory = {"time": time, "workingSetBytes": mebibytes * MIB}
    used = {"cpu": {"time": time, "usageNanoCores": int(cores * 1e9)}, "memory": memory}
    one = {"name": "main", "startTime": "2025-12-31T00:00:00Z", **used}
    return {"pods": [{"podRef": {"uid": "web-2-x", "namespace": PLACE}, "containers": [one]}]}


def _usage(seen: Snapshot, *, minutes: int, cores: float = 0.02, mebibytes: int = 50) -> Usage:
    summaries = [_summary(minute, cores, mebibytes) for minute in range(minutes)]
    return sampled(seen, summaries, PLACE)


def _one(seen: Snapshot, usage: Usage) -> Advice:
    (advice,) = recommended(seen, usage, PLACE)
    return advice


GENEROUS = {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}


def test_what_is_asked_for_in_vain() -> None:
    seen = snapshot(*web(container(resources=GENEROUS), up=True))
    advice = _one(seen, _usage(seen, minutes=400))
    fitting = {"requests.cpu": "20m", "requests.memory": "58Mi", "limits.memory": "58Mi"}
    assert advice.wanted == fitting
    assert advice.saving[0] == 0.48
    assert advice.confidence == 1.0


def test_after_a_few_looks_nothing_is_lowered() -> None:
    seen = snapshot(*web(container(resources=GENEROUS), up=True))
    advice = _one(seen, _usage(seen, minutes=3))
    assert advice.wanted == {}
    assert advice.because


def test_too_little_is_raised_at_once() -> None:
    tight = {"requests": {"cpu": "500m", "memory": "40Mi"}, "limits": {"memory": "51Mi"}}
    seen = snapshot(*web(container(resources=tight), up=True))
    assert _one(seen, _usage(seen, minutes=1)).wanted["requests.memory"] == "58Mi"


def test_a_floor_does_not_raise_what_does() -> None:
    small = {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}}
    seen = snapshot(*web(container(resources=small), up=True))
    assert _one(seen, _usage(seen, minutes=400, cores=0.001, mebibytes=6)).wanted == {}


def test_a_kill_is_remembered(tmp_path: Path) -> None:
    resources = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
    seen = snapshot(*crashed(web(container(resources=resources)), 137, "OOMKilled"))
    kept(tmp_path / "usage.json", _usage(seen, minutes=2))
    well = snapshot(*web(container(resources=resources), up=True))
    usage = kept(tmp_path / "usage.json", _usage(well, minutes=1))
    advice = _one(well, usage)
    assert advice.wanted["limits.memory"] == "80Mi"
    assert any("killed" in text for text in advice.because)


def test_what_an_autoscaler_goes_by_is_left_alone() -> None:
    seen_by = {"type": "Resource", "resource": {"name": "cpu"}}
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "metrics": [seen_by]}
    scaler = thing("HorizontalPodAutoscaler", "web", spec=spec)
    seen = snapshot(*web(container(resources=GENEROUS), up=True), scaler)
    assert "requests.cpu" not in _one(seen, _usage(seen, minutes=400)).wanted


def test_samples_are_kept_once_each(tmp_path: Path) -> None:
    file, seen = tmp_path / "usage.json", snapshot(*web(up=True))
    kept(file, _usage(seen, minutes=3))
    assert len(kept(file, _usage(seen, minutes=5)).of(KEY)) == 5


def test_a_file_of_another_format_counts_as_none(tmp_path: Path) -> None:
    file, seen = tmp_path / "usage.json", snapshot(*web(up=True))
    file.write_text('{"version": 0, "samples": {"x": []}, "ooms": {}}')
    assert len(kept(file, _usage(seen, minutes=2)).of(KEY)) == 2


VALUES = """# about it
web:
  resources: # as measured
    requests: {cpu: 500m, memory: 96Mi} # in one line
    limits:
      memory: 256Mi
"""


def test_a_patch_changes_values_and_nothing_else() -> None:
    changes: dict[tuple[str, ...], str] = {
        ("web", "resources", "requests", "cpu"): "20m",
        ("web", "resources", "limits", "memory"): "64Mi",
        ("web", "resources", "limits", "cpu"): "1",
    }
    added = [x for x in patched(VALUES, changes, "values.yaml").splitlines() if x[:1] == "+"]
    assert added == [
        "+++ b/values.yaml",
        "+    requests: {cpu: 20m, memory: 96Mi} # in one line",
        "+      memory: 64Mi",
    ]
    assert patched(VALUES, {}, "values.yaml") == ""
