from __future__ import annotations

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.operators.images.checks.lint import as_finding
from phaseline.tools.hadolint import Remark, parse
from tests.unit.images.surveyed import component

ANSWER = (
    '[{"code":"DL3006","column":1,"file":"Dockerfile","level":"warning","line":3,'
    '"message":"Always tag the version of an image explicitly"}]'
)


def test_hadolints_json_is_read() -> None:
    wanted = Remark("DL3006", "warning", 3, "Always tag the version of an image explicitly")
    assert parse(ANSWER) == [wanted]
    assert parse("[]") == []


@pytest.mark.parametrize("text", ["", "Dockerfile:1 oops", '{"a": 1}', "[1]", '[{"code": "DL1"}]'])
def test_another_answer_is_no_clean_file(text: str) -> None:
    with pytest.raises(CommandFailed, match="no list of findings"):
        parse(text)


@pytest.mark.parametrize(
    ("code", "wiki"), [("DL3006", "hadolint/hadolint"), ("SC2086", "koalaman/shellcheck")]
)
def test_a_remark_becomes_a_row_of_the_table(code: str, wiki: str) -> None:
    finding = as_finding(component(), Remark(code, "error", 7, "so"))
    assert (finding.rule, finding.severity, finding.place) == (code, "high", "Dockerfile:7")
    assert finding.fails
    assert finding.fix == f"see https://github.com/{wiki}/wiki/{code}"
