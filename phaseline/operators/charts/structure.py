"""T013: the chart's folder has what a chart needs before anything is rendered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.charts.finding import Finding, refuse

# The expression that semver.org publishes, without its group names.
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*)?"
    r"(\+[\dA-Za-z-]+(\.[\dA-Za-z-]+)*)?"
)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_structure(context: Context) -> Report:
    """Chart.yaml is valid, templates are there, values have a schema.

    Raises:
        CheckFailed: with a table of what is missing or wrong.
    """
    folder = context.workspace.root / context.pipeline.chart.folder
    refuse(judge_structure(folder), f"{context.pipeline.chart.folder} is no complete chart")
    metadata = yaml.load(
        (folder / "Chart.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    count = len(_templates(folder))
    return Report(summary=f"{metadata['name']} {metadata['version']}: {count} templates, a schema")


def judge_structure(folder: Path) -> list[Finding]:
    """Faults of a chart's folder."""
    findings = _metadata(folder) + _values(folder) + _schema(folder)
    if not _templates(folder):
        findings.append(Finding("templates/", "there is no template", "add templates/*.yaml"))
    return findings


def _templates(folder: Path) -> list[Path]:
    return sorted((folder / "templates").rglob("*.y*ml"))


def _metadata(folder: Path) -> list[Finding]:
    content, findings = _read(folder / "Chart.yaml")
    if findings:
        return findings
    wanted = {
        "apiVersion": (content.get("apiVersion") == "v2", "write apiVersion: v2"),
        "name": (_matches(_NAME, content.get("name")), "lowercase letters, digits and dashes"),
        "version": (_matches(_SEMVER, content.get("version")), "a SemVer version such as 1.2.3"),
    }
    return [
        Finding("Chart.yaml", f"{field} is {content.get(field, 'missing')}", fix)
        for field, (good, fix) in wanted.items()
        if not good
    ]


def _values(folder: Path) -> list[Finding]:
    return _read(folder / "values.yaml")[1]


def _schema(folder: Path) -> list[Finding]:
    path = folder / "values.schema.json"
    fix = "describe the values, with additionalProperties: false"
    if not path.is_file():
        return [Finding(path.name, "it is missing", fix)]
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return [Finding(path.name, f"it is not JSON: {error}", "correct it")]
    closed = isinstance(schema, dict) and schema.get("additionalProperties") is False
    return [] if closed else [Finding(path.name, "it admits unknown values", fix)]


def _read(path: Path) -> tuple[dict[str, Any], list[Finding]]:
    if not path.is_file():
        return {}, [Finding(path.name, "it is missing", "add it")]
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return {}, [
            Finding(path.name, f"it is not YAML: {' '.join(str(error).split())}", "correct it")
        ]
    if not isinstance(content, dict):
        return {}, [Finding(path.name, "it is no mapping", "write names and values")]
    return content, []


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
