"""Which source files a step's operator reaches, found without importing or running any.

Followed are the imports of a module, also those inside functions, and modules that a text names
(`python -m …`), as far as they are phaseline's or lie beside the operator's own. What is imported
for type checking only is not followed. Of a package's `__init__.py` only what is asked for counts:
`from phaseline.operators.images import build` reaches what builds, not all of images. Templates
belong to the modules beside them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import phaseline
from phaseline.core.workspace import Context
from phaseline.engine import canonical, memo
from phaseline.engine.imports import Imports

Reference = tuple[str, str]  # a module, and the name that is wanted of it; "" for all of it
Reached = Mapping[str, str]

_HOME = Path(phaseline.__file__).parents[1]
_TEMPLATES = "templates"


def reached(operator: Callable[..., object], context: Context) -> Reached:
    """Digest of each file that `operator` reaches, by its path below the folder of its package.

    A module without a file, such as one typed in at a prompt, reaches nothing.
    """
    name = operator.__qualname__.partition(".")[0]
    return _sources(context.state).reached(operator.__module__, name)


def save() -> None:
    """Keep what was found in source files, for the next command."""
    if _imports.cache_info().currsize:
        _imports().save()


@lru_cache(maxsize=1)
def _imports() -> Imports:
    return Imports()


@lru_cache(maxsize=8)
def _sources(state: Path) -> _Sources:
    return _Sources(memo.of(state))


class _Sources:
    """All source files, each read once: code that is edited later is not the code that runs."""

    def __init__(self, known: memo.Memo) -> None:
        self._memo = known
        self._digests: dict[Path, str] = {}
        self._leads: dict[Path, tuple[tuple[str, str, str], ...]] = {}
        self._reached: dict[Reference, Reached] = {}

    def reached(self, module: str, name: str) -> Reached:
        start = module, name
        if start not in self._reached:
            self._reached[start] = canonical.one(dict(sorted(self._files(start))))
        return self._reached[start]

    def _files(self, start: Reference) -> Iterator[tuple[str, str]]:
        home = _home(start[0])
        seen, pending, folders = {start}, [start], set[str]()
        while pending:
            module, name = pending.pop()
            if not (file := _file(module, home)):
                continue
            label = file.name if module == "__main__" else _label(module, file)
            yield label, self._digest(file)
            if (folder := label.rpartition("/")[0]) not in folders:
                folders.add(folder)
                yield from self._templates(f"{folder}/{_TEMPLATES}", file.parent / _TEMPLATES)
            found = set(self._wanted(module, name, file, home)) - seen
            seen |= found
            pending += found

    def _templates(self, label: str, folder: Path) -> Iterator[tuple[str, str]]:
        for file in folder.rglob("*") if folder.is_dir() else ():
            if file.is_file():
                yield f"{label}/{file.relative_to(folder)}", self._digest(file)

    def _wanted(self, module: str, name: str, file: Path, home: Path) -> Iterator[Reference]:
        leads = self._imports(module, file)
        if file.name == "__init__.py" and name not in ("", "*"):
            inner = f"{module}.{name}"
            passed_on = tuple(lead for lead in leads if lead[2] == name)
            if found := _file(inner, home):
                yield inner, ""
            leads = passed_on if found or passed_on else leads  # else it is made here
        for target, wanted, _ in leads:
            yield target, wanted

    def _imports(self, module: str, file: Path) -> tuple[tuple[str, str, str], ...]:
        if file not in self._leads:
            package = module if file.name == "__init__.py" else module.rpartition(".")[0]
            digest = self._digest(file)
            leads = (line.split(" ") for line in _imports().of(digest, file).splitlines())
            self._leads[file] = tuple(
                (_absolute(target, package), wanted, known_as) for target, wanted, known_as in leads
            )
        return self._leads[file]

    def _digest(self, file: Path) -> str:
        if file not in self._digests:
            self._digests[file] = self._memo.digest(f"code {file}", str(file), file.stat())
        return self._digests[file]


def _absolute(module: str, package: str) -> str:
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    parts = package.split(".")
    return ".".join((*parts[: len(parts) - level + 1], *filter(None, [module[level:]])))


def _home(module: str) -> Path:
    """The folder from which `module` is imported."""
    top = module.partition(".")[0]
    own: str | None = getattr(sys.modules.get(module), "__file__", None)
    if top == "phaseline" or (module == "__main__" and not own):
        return _HOME
    if own:
        depth = module.count(".") + own.endswith("/__init__.py")
        return Path(own).parents[depth]
    spec = find_spec(top)
    if spec and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).parent
    return Path(spec.origin).parent if spec and spec.origin else _HOME


def _label(module: str, file: Path) -> str:
    below = "/__init__.py" if file.name == "__init__.py" else ".py"
    return module.replace(".", "/") + below


def _file(module: str, home: Path) -> Path | None:
    top = module.partition(".")[0]
    if module == "__main__":
        return Path(sys.modules[module].__file__ or "")
    base = f"{_HOME if top == 'phaseline' else home}/{module.replace('.', '/')}"
    for name in (f"{base}.py", f"{base}/__init__.py"):
        if os.path.isfile(name):  # noqa: PTH113 - asked for each import
            return Path(name)
    return None
