"""What an operator reaches: small packages of modules, written and imported for the test."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from phaseline.core.workspace import Context
from phaseline.engine import code
from phaseline.engine.deferred import Module
from tests.unit.engine.toy import workspace

_names = (f"toypackage{number}" for number in itertools.count())

Write = Callable[[Mapping[str, str]], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a package and gives its name, which is `PACKAGE` in its sources."""
    monkeypatch.syspath_prepend(str(tmp_path / "source"))
    package = next(_names)

    def make(files: Mapping[str, str]) -> str:
        for name, text in {"__init__.py": "", **files}.items():
            path = tmp_path / "source" / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("PACKAGE", package))
        return package

    yield make
    for name in [one for one in sys.modules if one.partition(".")[0] == package]:
        del sys.modules[name]


def reached(tmp_path: Path, package: str, module: str, name: str = "run") -> set[str]:
    operator = getattr(importlib.import_module(f"{package}.{module}"), name)
    return {path.removeprefix(f"{package}/") for path in digests(tmp_path, operator)}


def digests(tmp_path: Path, operator: Callable[..., object]) -> Mapping[str, str]:
    tmp_path.joinpath("root").mkdir(exist_ok=True)
    code._sources.cache_clear()
    return code.reached(operator, context(tmp_path))


def context(tmp_path: Path) -> Context:
    return workspace(tmp_path / "root")


RUN = "def run(): ...\n"
IMPORTS = {
    "at the top": "from PACKAGE.other import thing\n" + RUN,
    "as a whole": "import PACKAGE.other\n" + RUN,
    "by a relative name": "from .other import thing\n" + RUN,
    "from the package": "from PACKAGE import other\n" + RUN,
    "in a function": "def run():\n    def inner():\n        from PACKAGE import other\n",
    "under a condition": "import sys\nif sys.argv:\n    import PACKAGE.other\n" + RUN,
}


@pytest.mark.parametrize("how", IMPORTS)
def test_an_import_is_followed_wherever_it_stands(how: str, tmp_path: Path, write: Write) -> None:
    package = write({"step.py": IMPORTS[how], "other.py": "thing = 1\n", "apart.py": ""})
    assert reached(tmp_path, package, "step") >= {"step.py", "other.py"}
    assert "apart.py" not in reached(tmp_path, package, "step")


def test_what_is_imported_for_type_checking_is_not_reached(tmp_path: Path, write: Write) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import PACKAGE.other\n" + RUN
    package = write({"step.py": text, "other.py": ""})
    assert reached(tmp_path, package, "step") == {"step.py"}


def test_imports_are_followed_through_and_round(tmp_path: Path, write: Write) -> None:
    package = write(
        {
            "step.py": "import PACKAGE.second\n" + RUN,
            "second.py": "import PACKAGE.third\n",
            "third.py": "import PACKAGE.step\n",
        }
    )
    assert reached(tmp_path, package, "step") >= {"step.py", "second.py", "third.py"}


def test_of_a_package_only_what_is_asked_for_counts(tmp_path: Path, write: Write) -> None:
    package = write(
        {
            "step.py": "from PACKAGE.inner import one\n" + RUN,
            "inner/__init__.py": "from PACKAGE.inner.first import one\n"
            "from PACKAGE.inner.second import two\n",
            "inner/first.py": "one = 1\n",
            "inner/second.py": "two = 2\n",
        }
    )
    found = reached(tmp_path, package, "step")
    assert found == {"step.py", "inner/__init__.py", "inner/first.py"}


def test_an_operator_that_a_package_passes_on_is_found_there(tmp_path: Path, write: Write) -> None:
    package = write(
        {
            "__init__.py": "from PACKAGE.first import run\nfrom PACKAGE.second import other\n",
            "first.py": RUN,
            "second.py": "other = 2\n",
        }
    )
    operator = Module(package).run
    assert set(digests(tmp_path, operator)) == {f"{package}/__init__.py", f"{package}/first.py"}
    assert package not in sys.modules  # found without importing it


def test_templates_belong_to_the_modules_beside_them(tmp_path: Path, write: Write) -> None:
    package = write(
        {
            "step.py": RUN,
            "templates/page.j2": "one",
            "inner/__init__.py": "",
            "inner/templates/other.j2": "two",
        }
    )
    assert reached(tmp_path, package, "step") == {"step.py", "templates/page.j2"}


def test_a_module_that_is_named_in_a_text_is_reached(tmp_path: Path) -> None:
    found = digests(tmp_path, Module("phaseline.operators.hosts.daemon").daemon)
    assert "phaseline/process/supervisor.py" in found


def test_a_changed_file_has_another_digest(tmp_path: Path, write: Write) -> None:
    package = write({"step.py": "import PACKAGE.other\n" + RUN, "other.py": "", "apart.py": ""})
    operator = importlib.import_module(f"{package}.step").run
    before = digests(tmp_path, operator)
    write({"apart.py": "changed = 1\n"})
    assert digests(tmp_path, operator) == before
    write({"other.py": "changed = 1\n"})
    after = digests(tmp_path, operator)
    assert {name for name in after if after[name] != before[name]} == {f"{package}/other.py"}


def test_a_source_that_is_no_python_is_reached_and_leads_nowhere(
    tmp_path: Path, write: Write
) -> None:
    text = "def run():\n    import PACKAGE.broken\n"
    package = write({"step.py": text, "broken.py": "import PACKAGE.other oops\n", "other.py": ""})
    assert reached(tmp_path, package, "step") == {"step.py", "broken.py"}


def test_a_deferred_operator_is_called_with_what_it_is_given(tmp_path: Path, write: Write) -> None:
    package = write({"step.py": "def run(one):\n    return one + 1\n"})
    assert Module(f"{package}.step").run(1) == 2
