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

_HOME = str(Path(phaseline.__file__).parents[1])
_TEMPLATES, _INIT = "templates", "/__init__.py"


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
    """All source files, each read once: code that is edited later is not the code that runs.

    Files and folders are texts, not Paths: each of many imports is looked for.
    """

    def __init__(self, known: memo.Memo) -> None:
        self._memo = known
        self._names: dict[str, frozenset[str]] = {}  # of what is in a folder
        self._found: dict[Reference, str] = {}
        self._digests: dict[str, str] = {}
        self._leads: dict[str, tuple[tuple[str, str, str], ...]] = {}
        self._reached: dict[Reference, Reached] = {}

    def reached(self, module: str, name: str) -> Reached:
        start = module, name
        if start not in self._reached:
            self._reached[start] = self._all_reached(module, name)
        return self._reached[start]

    def _all_reached(self, module: str, name: str) -> Reached:
        if name and not self._file(module, _home(module)).endswith(_INIT):
            return self.reached(module, "")  # of a module all counts, whatever is wanted of it
        reached: Reached = canonical.one(dict(sorted(self._files((module, name)))))
        return reached

    def _files(self, start: Reference) -> Iterator[tuple[str, str]]:
        home = _home(start[0])
        seen, pending, files, folders = {start}, [start], set[str](), set[str]()
        while pending:
            module, name = pending.pop()
            file = self._file(module, home)
            if not file or (file in files and not file.endswith(_INIT)):
                continue  # of a module all counts
            label = Path(file).name if module == "__main__" else _label(module, file)
            if file not in files:
                files.add(file)
                yield label, self._digest(file)
            if (folder := label.rpartition("/")[0]) not in folders:
                folders.add(folder)
                yield from self._templates(folder, file.rpartition("/")[0])
            found = set(self._wanted(module, name, file, home)) - seen
            seen |= found
            pending += found

    def _templates(self, label: str, folder: str) -> Iterator[tuple[str, str]]:
        place = Path(folder, _TEMPLATES)
        for file in place.rglob("*") if _TEMPLATES in self._inside(folder) else ():
            if file.is_file():
                yield f"{label}/{_TEMPLATES}/{file.relative_to(place)}", self._digest(str(file))

    def _wanted(self, module: str, name: str, file: str, home: str) -> Iterator[Reference]:
        leads = self._imports(module, file)
        if file.endswith(_INIT) and name not in ("", "*"):
            inner = f"{module}.{name}"
            passed_on = tuple(lead for lead in leads if lead[2] == name)
            if found := self._file(inner, home):
                yield inner, ""
            leads = passed_on if found or passed_on else leads  # else it is made here
        for target, wanted, _ in leads:
            yield target, wanted

    def _imports(self, module: str, file: str) -> tuple[tuple[str, str, str], ...]:
        if file not in self._leads:
            package = module if file.endswith(_INIT) else module.rpartition(".")[0]
            kept = _imports().of(self._digest(file), file)
            leads = (line.split(" ") for line in kept.splitlines())
            self._leads[file] = tuple(
                (_absolute(target, package), wanted, known_as) for target, wanted, known_as in leads
            )
        return self._leads[file]

    def _digest(self, file: str) -> str:
        if file not in self._digests:
            self._digests[file] = self._memo.digest(f"code {file}", file, os.stat(file))  # noqa: PTH116 - of many files
        return self._digests[file]

    def _file(self, module: str, home: str) -> str:
        """The file of `module`; empty where it has none that we follow."""
        if module == "__main__":
            return sys.modules[module].__file__ or ""
        home = _HOME if module.partition(".")[0] == "phaseline" else home
        if (module, home) not in self._found:
            self._found[module, home] = self._look(f"{home}/{module.replace('.', '/')}")
        return self._found[module, home]

    def _look(self, base: str) -> str:
        folder, _, name = base.rpartition("/")
        inside = self._inside(folder)
        if f"{name}.py" in inside:
            return f"{base}.py"
        return f"{base}{_INIT}" if name in inside and _INIT[1:] in self._inside(base) else ""

    def _inside(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))  # noqa: PTH208 - names alone
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]


def _absolute(module: str, package: str) -> str:
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    parts = package.split(".")
    return ".".join((*parts[: len(parts) - level + 1], *filter(None, [module[level:]])))


def _home(module: str) -> str:
    """The folder from which `module` is imported."""
    top = module.partition(".")[0]
    own: str | None = getattr(sys.modules.get(module), "__file__", None)
    if top == "phaseline" or (module == "__main__" and not own):
        return _HOME
    if own:
        depth = module.count(".") + own.endswith(_INIT)
        return str(Path(own).parents[depth])
    spec = find_spec(top)
    if spec and spec.submodule_search_locations:
        return str(Path(next(iter(spec.submodule_search_locations))).parent)
    return str(Path(spec.origin).parent) if spec and spec.origin else _HOME


def _label(module: str, file: str) -> str:
    return module.replace(".", "/") + (_INIT if file.endswith(_INIT) else ".py")
