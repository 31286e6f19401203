"""T013: charts that lack something."""

from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.operators.charts.structure import judge_structure

WHOLE = {
    "Chart.yaml": "{apiVersion: v2, name: shop, version: 1.2.3-rc.1+build.5}",
    "values.yaml": "{}",
    "values.schema.json": '{"type": "object", "additionalProperties": false}',
    "templates/web/service.yaml": "kind: Service",
}


def judged(folder: Path, name: str = "", content: str | None = "") -> list[tuple[str, str]]:
    files = {**WHOLE, **({name: content} if name else {})}
    for path, text in files.items():
        if text is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return [(f.subject, f.problem) for f in judge_structure(folder)]


def test_a_whole_chart(tmp_path: Path) -> None:
    assert judged(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "subject", "problem"),
    [
        ("Chart.yaml", None, "Chart.yaml", "it is missing"),
        ("Chart.yaml", "a: [", "Chart.yaml", "it is not YAML"),
        ("Chart.yaml", "- a", "Chart.yaml", "it is no mapping"),
        (
            "Chart.yaml",
            "{apiVersion: v1, name: a, version: 1.0.0}",
            "Chart.yaml",
            "apiVersion is v1",
        ),
        ("Chart.yaml", "{apiVersion: v2, version: 1.0.0}", "Chart.yaml", "name is missing"),
        ("Chart.yaml", "{apiVersion: v2, name: A_b, version: 1.0.0}", "Chart.yaml", "name is A_b"),
        ("Chart.yaml", "{apiVersion: v2, name: a, version: '1.0'}", "Chart.yaml", "version is 1.0"),
        ("Chart.yaml", "{apiVersion: v2, name: a, version: 01.0.0}", "Chart.yaml", "version is 01"),
        ("values.yaml", None, "values.yaml", "it is missing"),
        ("values.schema.json", None, "values.schema.json", "it is missing"),
        ("values.schema.json", "{", "values.schema.json", "it is not JSON"),
        ("values.schema.json", "{}", "values.schema.json", "it admits unknown values"),
        ("templates/web/service.yaml", None, "templates/", "there is no template"),
    ],
)
def test_one_thing_wrong(
    tmp_path: Path, name: str, content: str | None, subject: str, problem: str
) -> None:
    ((found, said),) = judged(tmp_path, name, content)
    assert found == subject
    assert said.startswith(problem)
