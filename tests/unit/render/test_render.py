from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.render import render


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("port: {{ port }}", "port: 80\n"),
        ("{% if port %}\nopen\n{% endif %}\n\n\n", "open\n"),
        ("a <b> & {{ mark }}", "a <b> & <&>\n"),
    ],
)
def test_what_is_rendered(text: str, rendered: str, tmp_path: Path) -> None:
    template = tmp_path / "a.j2"
    template.write_text(text)
    assert render(template, {"port": 80, "mark": "<&>"}) == rendered


@pytest.mark.parametrize("text", ["{{ prot }}", "{{ port.name }}", "{% if %}", "{{ port "])
def test_a_fault_names_the_template(text: str, tmp_path: Path) -> None:
    template = tmp_path / "faulty.j2"
    template.write_text(text)
    with pytest.raises(InvalidConfiguration, match=r"faulty\.j2 cannot be rendered"):
        render(template, {"port": 80})
