"""Known vulnerabilities, asked of a database that answers as documented; and of none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.checks.finding import recall
from phaseline.operators.images.checks.sbom import place_of
from phaseline.operators.images.checks.vulnerabilities import check_vulnerabilities
from tests.contract.images.osv_server import Database, serving

PURLS = (
    "pkg:deb/debian/libssl3@3.0.1?arch=amd64&distro=debian-12&upstream=openssl",
    "pkg:deb/debian/openssl@3.0.1?arch=amd64&distro=debian-12",
    "pkg:pypi/jinja2@2.4.1",
    "pkg:npm/%40scope/thing@1.0.0",
)
JINJA = ("PyPI", "jinja2", "2.4.1")
# CVSS 3.1 vectors and their base scores: https://www.first.org/cvss/v3.1/examples
MEDIUM = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N"  # 6.4
CRITICAL = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
HIGH_4 = "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"  # 7.3


@pytest.fixture
def database() -> Iterator[Database]:
    with serving(Database()) as running:
        yield running


def written(root: Path, address: str, allows: list[dict[str, Any]] | None = None) -> Context:
    """A workspace whose image has the packages in PURLS."""
    component = {"name": "app", "role": "backend", "image": "x", "values": "x", "port": 1}
    content = {
        "version": 1,
        "application": "x",
        "components": [component | ({"allows": allows} if allows else {})],
        "vulnerabilities": {"database": address},
        "chart": {"folder": ".", "release": "x", "namespace": "x"},
    }
    (root / "pipeline.yaml").write_text(yaml.safe_dump(content))
    context = Context(Workspace(root))
    place = place_of(context, "app")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"components": [{"purl": one} for one in PURLS]}))
    return context


def record(name: str, **fields: Any) -> dict[str, Any]:
    fixed = {"events": [{"introduced": "0"}, {"fixed": "2.11.3"}], "type": "ECOSYSTEM"}
    package = {"ecosystem": "PyPI", "name": "jinja2"}
    affected = [{"package": package, "ranges": [fixed]}]
    return {"id": name, "summary": "It opens the door", "affected": affected, **fields}


def scored(vector: str) -> list[dict[str, str]]:
    return [{"type": "CVSS_V3", "score": vector}]


def test_packages_are_asked_for_as_the_database_knows_them(
    tmp_path: Path, database: Database
) -> None:
    report = check_vulnerabilities(written(tmp_path, database.address))
    assert report.summary == "vulnerabilities of 3 packages: no findings"
    assert sorted(database.asked) == [
        ("Debian:12", "openssl", "3.0.1"),  # the source package, once
        JINJA,
        ("npm", "@scope/thing", "1.0.0"),
    ]


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"severity": scored(CRITICAL)}, "critical"),
        ({"severity": scored(MEDIUM)}, "medium"),
        ({"severity": scored(HIGH_4)}, "high"),
        ({"severity": scored(MEDIUM), "database_specific": {"severity": "LOW"}}, "medium"),
        ({"database_specific": {"severity": "MODERATE"}}, "medium"),
        ({"database_specific": {"severity": "CRITICAL"}}, "critical"),
        ({"severity": scored("CVSS:3.1/nonsense")}, "medium"),
        ({}, "medium"),
    ],
)
def test_a_record_becomes_a_row_with_its_severity_and_fix(
    tmp_path: Path, database: Database, fields: dict[str, Any], severity: str
) -> None:
    database.affected[JINJA] = ["GHSA-1"]
    database.records["GHSA-1"] = record("GHSA-1", aliases=["CVE-2021-1"], **fields)
    context = written(tmp_path, database.address)
    if severity in ("critical", "high"):
        with pytest.raises(CheckFailed) as caught:
            check_vulnerabilities(context)
        assert "GHSA-1" in caught.value.why
    else:
        check_vulnerabilities(context)
    (finding,) = recall(context, "app").findings
    assert (finding.rule, finding.severity) == ("GHSA-1", severity)
    assert finding.place == "pkg:pypi/jinja2@2.4.1"
    assert finding.what == "It opens the door (CVE-2021-1)"
    assert finding.fix == "take jinja2 2.11.3"


def test_pages_are_followed_and_other_names_of_the_same_left_out(
    tmp_path: Path, database: Database
) -> None:
    database.page = 1
    database.affected[JINJA] = ["GHSA-1", "PYSEC-1", "GHSA-2"]
    database.records["GHSA-1"] = record("GHSA-1", aliases=["CVE-1"])
    database.records["PYSEC-1"] = record("PYSEC-1", aliases=["CVE-1"])
    database.records["GHSA-2"] = record("GHSA-2", affected=[])
    context = written(tmp_path, database.address)
    check_vulnerabilities(context)
    found = recall(context, "app").findings
    assert [one.rule for one in found] == ["GHSA-1", "GHSA-2"]
    assert found[1].fix == "no version is fixed yet"


def test_one_that_is_allowed_passes_with_its_reason(tmp_path: Path, database: Database) -> None:
    database.affected[JINJA] = ["GHSA-1"]
    database.records["GHSA-1"] = record("GHSA-1", severity=scored(CRITICAL))
    allows = [{"rule": "GHSA-1", "reason": "its sandbox is not used here"}]
    context = written(tmp_path, database.address, allows)
    assert check_vulnerabilities(context).summary.endswith("no findings, 1 allowed")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_database_that_cannot_answer_is_skipped_and_said(
    tmp_path: Path, database: Database, status: int
) -> None:
    database.status = status
    context = written(tmp_path, database.address)
    summary = check_vulnerabilities(context).summary
    assert f"skipped: vulnerabilities, for {database.address} answers {status}" in summary
    assert "no findings" not in summary
    assert recall(context, "app").skipped


def test_without_a_database_it_is_skipped_and_said(tmp_path: Path) -> None:
    context = written(tmp_path, "http://127.0.0.1:1")
    summary = check_vulnerabilities(context).summary
    assert "skipped: vulnerabilities, for http://127.0.0.1:1 does not answer: " in summary


def test_what_was_found_before_is_not_shown_for_what_was_skipped(
    tmp_path: Path, database: Database
) -> None:
    database.affected[JINJA] = ["GHSA-1"]
    database.records["GHSA-1"] = record("GHSA-1")
    context = written(tmp_path, database.address)
    check_vulnerabilities(context)
    database.status = 500
    check_vulnerabilities(context)
    assert recall(context, "app").findings == ()


def test_an_answer_that_is_not_as_documented_is_an_error(
    tmp_path: Path, database: Database
) -> None:
    database.affected[JINJA] = ["GHSA-1"]
    database.records["GHSA-1"] = {"no": "id"}
    with pytest.raises(CommandFailed, match="otherwise than documented"):
        check_vulnerabilities(written(tmp_path, database.address))
