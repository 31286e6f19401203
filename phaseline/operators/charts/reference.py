"""The table of a chart's values in its README: paths and defaults from values.yaml, what they mean
from the comment above each.

    python -m phaseline.operators.charts.reference FOLDER_OF_THE_CHART
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import write_atomic

_UNWRAPPED = 10_000
BEGIN, END = "<!-- values: generated from values.yaml -->", "<!-- end of values -->"


def values_table(text: str) -> str:
    """A Markdown table of all values of a values.yaml.

    A mapping without a comment above it is a section; anything else is a value.

    Raises:
        InvalidConfiguration: a value has no comment above it.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    rows = _rows(root, "", text.splitlines()) if isinstance(root, yaml.MappingNode) else ()
    head = ("| value | default | meaning |", "|---|---|---|")
    return "\n".join([*head, *(f"| `{path}` | {told} | {said} |" for path, told, said in rows)])


def with_table(readme: str, table: str) -> str:
    """`readme` with `table` between its two marks.

    Raises:
        InvalidConfiguration: it has no such marks.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        fix = f"add the lines {BEGIN} and {END}"
        raise InvalidConfiguration("the README has no place for the values", fix=fix)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _rows(node: yaml.MappingNode, path: str, lines: list[str]) -> Iterator[tuple[str, str, str]]:
    for key, value in node.value:
        name = f"{path}.{key.value}".lstrip(".")
        said = _comment(lines, key.start_mark.line)
        if said:
            yield name, f"`{_default(value)}`", said.replace("|", "\\|")
        elif isinstance(value, yaml.MappingNode) and not value.flow_style:
            yield from _rows(value, name, lines)
        else:
            raise InvalidConfiguration(f"values.yaml: {name} has no comment above it")


def _default(value: yaml.Node) -> str:
    if isinstance(value, yaml.CollectionNode) and not value.flow_style:
        value.flow_style = True
        return yaml.serialize(value, Dumper=yaml.SafeDumper, width=_UNWRAPPED).strip()
    start, end = value.start_mark, value.end_mark
    return " ".join(str(start.buffer)[start.pointer : end.pointer].split())


def _comment(lines: list[str], line: int) -> str:
    said: list[str] = []
    while line and (above := lines[line - 1].strip()).startswith("#"):
        said.insert(0, above.removeprefix("#").strip())
        line -= 1
    return " ".join(said)


def main(folder: Path) -> None:
    """Write the table of the chart in `folder` into its README.md."""
    readme = folder / "README.md"
    table = values_table((folder / "values.yaml").read_text(encoding="utf-8"))
    write_atomic(readme, with_table(readme.read_text(encoding="utf-8"), table))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
