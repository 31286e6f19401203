"""Templates to text. Pure: an undefined name is an error, nothing is read but the template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phaseline.core.errors import InvalidConfiguration


def render(template: Path, values: Mapping[str, Any], *, html: bool = False) -> str:
    """Render the Jinja2 file `template` with `values`; the result ends with one newline.

    Args:
        html: what is filled in is text, and escaped as such.

    Raises:
        InvalidConfiguration: the template is faulty or uses a name that `values` lacks.
    """
    return render_text(template.read_text(encoding="utf-8"), template, values, html=html)


def render_text(
    content: str, template: Path, values: Mapping[str, Any], *, html: bool = False
) -> str:
    """The same of a template whose content is, or is to be, that of the file `template`."""
    from jinja2 import Environment, StrictUndefined, TemplateError

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=html
    )
    try:
        text = environment.from_string(content).render(values)
    except TemplateError as error:
        raise InvalidConfiguration(
            f"{template.name} cannot be rendered", why=str(error), fix=f"correct {template}"
        ) from error
    return text.rstrip("\n") + "\n"
