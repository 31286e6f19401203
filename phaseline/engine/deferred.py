"""Operators that are imported when they are called: most commands call none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Deferred:
    """A function of a module that is imported at the first call."""

    __module__: str
    __qualname__: str

    def __call__(self, *arguments: Any) -> Any:
        return self.__wrapped__(*arguments)

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function itself, where `inspect.unwrap` looks for it."""
        found: Callable[..., Any] = getattr(import_module(self.__module__), self.__qualname__)
        return found


class Module:
    """Stands for a module: each of its attributes is a `Deferred`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Deferred:
        return Deferred(self._name, name)
