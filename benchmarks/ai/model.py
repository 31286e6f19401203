"""The form of a scenario, and its files.

A file in `held_out/` or `own/` is a list of scenarios. In its text `@namespace@` stands for the
namespace that the scenario is run in. Objects are Kubernetes manifests, or the short forms that
`manifests.py` expands. `Kind/name` names an object of that namespace; in `may_change` the name may
be `*`, and `other:Kind/name` is in another namespace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FOLDER = Path(__file__).parent
SETS = {"held-out": FOLDER / "held_out", "own": FOLDER / "own"}
NAMESPACE = "@namespace@"

Manifest = dict[str, Any]
Scalar = str | int | bool


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Who(_Strict):
    """A question of access: may `user`, or the service account `account`, do this here?"""

    verb: str
    resource: str
    user: str = ""
    account: str = ""


class Expectation(_Strict):
    """One thing that must be so. Exactly one of the first nine fields says what is looked at.

    Attributes:
        object: `Kind/name` exists, or with `absent` does not; with `path`, what it holds there.
            A path is keys with dots between, `[name]`, `[number]` or `[*]` for members of lists,
            and `|` between alternatives. Any of the values found may fulfil it.
        any: an object of this kind whose paths have the values in `where`.
        available: a workload that is wholly rolled out, with so many `replicas`.
        answers: a Service, asked by HTTP through the API server, which connects to an endpoint.
        logs: pods by label, whose logs, present or previous, contain the text.
        pods: pods by label of which one is in a `state` (a pattern for its phase, or for the reason
            that one of its containers waits or has ended), or has restarted so often.
        event: an event with this reason that contains the text.
        may: an access that is `allowed`, or not.
        says: a pattern that the answer of `invoke ai` must match.
    """

    object: str = ""
    any: str = ""
    available: str = ""
    answers: str = ""
    logs: str = ""
    pods: str = ""
    event: str = ""
    may: Who | None = None
    says: str = ""

    namespace: str = ""
    absent: bool = False
    path: str = ""
    equals: Scalar | None = None
    one_of: list[Scalar] | None = None
    matches: str | None = None
    at_least: Scalar | None = None
    at_most: Scalar | None = None
    where: dict[str, Scalar] = {}
    replicas: int | None = None
    port: int = 80
    contains: str = ""
    state: str = ""
    restarts: int = 0
    allowed: bool = True

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = list(type(self).model_fields)[:9]
        if sum(bool(getattr(self, kind)) for kind in kinds) != 1:
            raise ValueError(f"exactly one of {', '.join(kinds)}")
        return self


class Fix(_Strict):
    """One step of a solution, done with kubectl. `says` answers a question instead."""

    apply: Manifest | None = None
    patch: str = ""
    with_: Manifest | list[Manifest] = Field({}, alias="with")
    type: Literal["strategic", "merge", "json"] = "strategic"
    delete: str = ""
    undo: str = ""
    restart: str = ""
    says: str = ""


class Scenario(_Strict):
    """A prompt, its setup, and what must be true afterwards.

    Attributes:
        setup, then: objects that are applied; `then` once those of `setup` are settled.
        settled: what the setup comes to; by default every Deployment in it is available.
        refused: it must be refused, and nothing may change.
        may_change: the only objects that may differ afterwards, beside those that these own.
        solution: how a person would do it; the self-check does.
    """

    id: str = Field(pattern=r"^[a-z]+[0-9]+$")
    kind: str
    prompt: str
    setup: list[Manifest]
    then: list[Manifest] = []
    settled: list[Expectation] = []
    verify: list[Expectation] = []
    refused: bool = False
    may_change: list[str] = []
    solution: list[Fix] = []

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.refused and (self.verify or self.may_change or self.solution):
            raise ValueError("what must be refused changes nothing")
        if not self.refused and not (self.verify and self.solution):
            raise ValueError("verify and solution are needed")
        return self

    @property
    def namespace(self) -> str:
        """The namespace that it is run in: of the prompt's words it tells nothing."""
        return "team-" + hashlib.sha256(self.id.encode()).hexdigest()[:6]

    def placed(self) -> Self:
        """The scenario with the name of its namespace put in."""
        text = self.model_dump_json(by_alias=True).replace(NAMESPACE, self.namespace)
        return self.model_validate_json(text)


def load(name: str) -> list[Scenario]:
    """The scenarios of `own`, `held-out` or `all`, each with its namespace put in.

    Raises:
        ValueError: a file is not as it should be, or two scenarios have one id.
    """
    folders = SETS.values() if name == "all" else (SETS[name],)
    files = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    return _unique([one.placed() for path in files for one in _read(path)])


def _read(path: Path) -> list[Scenario]:
    listed = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    return [Scenario.model_validate(one) for one in listed]


def _unique(scenarios: Sequence[Scenario]) -> list[Scenario]:
    names = [one.id for one in scenarios]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise ValueError(f"more than one scenario is called {', '.join(twice)}")
    return list(scenarios)
