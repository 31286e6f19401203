from __future__ import annotations

import pytest

from phaseline.tools.catalogue import TOOLS
from phaseline.tools.versions import Span, Version, parse

ANSWERS = [
    ("helm", "v4.3.1+g1a2b3c4\n", (4, 3, 1)),
    ("go", "go version go1.26.8 linux/amd64\n", (1, 26, 8)),
    ("go", "go version go1.27 linux/amd64\n", (1, 27)),
    ("kubernetes", "Kubernetes v1.36.3\n", (1, 36, 3)),
    ("kubectl", '{"clientVersion": {"gitVersion": "v1.32.4-dispatcher"}}', (1, 32, 4)),
    ("kubectl", '{"clientVersion": {"major": "1", "gitVersion": "v1.37.0"}}', (1, 37, 0)),
    ("node", "v20.20.2\n", (20, 20, 2)),
    ("docker", "Docker version 20.10.24+dfsg1, build 297e128\n", (20, 10, 24)),
    ("helm", "unknown command", None),
]


@pytest.mark.parametrize(("tool", "text", "version"), ANSWERS)
def test_what_programs_answer_is_understood(tool: str, text: str, version: Version | None) -> None:
    assert parse(text, TOOLS[tool].lookup.pattern) == version


FITTING = [
    ("kubectl", (1, 35, 0), True),
    ("kubectl", (1, 37, 9), True),
    ("kubectl", (1, 34, 9), False),
    ("kubectl", (1, 38, 0), False),
    ("kubernetes", (1, 36, 0), True),
    ("kubernetes", (1, 37, 0), False),
    ("helm", (3, 19, 0), False),
    ("helm", (4, 0, 0), True),
    ("helm", (5, 0, 0), False),
    ("go", (1, 25, 9), False),
    ("go", (1, 26), True),
    ("go", (2, 0), True),
    ("node", (18, 20, 4), False),
    ("node", (20, 0, 0), True),
    ("docker", (18, 6, 3), False),
]


@pytest.mark.parametrize(("tool", "version", "fits"), FITTING)
def test_which_versions_fit(tool: str, version: Version, fits: bool) -> None:
    assert TOOLS[tool].lookup.fits.admits(version) is fits


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span(), "any"),
        (Span((1, 26)), "at least 1.26"),
        (Span((1, 35), (1, 38)), "at least 1.35, below 1.38"),
    ],
)
def test_a_span_reads_well(span: Span, text: str) -> None:
    assert str(span) == text
