"""Who advises: the first of Gordon, docker-agent and a model that can be asked, else the rules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from phaseline.core.errors import CheckFailed, HostUnfit, InvalidConfiguration, PhaselineError
from phaseline.core.workspace import Context
from phaseline.operators.assistants import answer, builtin, guard, patches, prompts, redaction
from phaseline.operators.assistants.advice import Advice
from phaseline.operators.assistants.prompts import Prompt
from phaseline.operators.assistants.target import Target
from phaseline.process import journal
from phaseline.tools import chat, docker_agent, docker_ai

AUTO = "auto"
BASE, KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "PHASELINE_MODEL"
DEFAULT_BASE = "https://api.openai.com/v1"
SECONDS = 120.0  # that an assistant may take to answer


class Assistant(Protocol):
    """One that can be asked."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""

    def obstacle(self) -> str:
        """Why it cannot be asked; empty when it can. Takes seconds at most."""

    def ask(self, prompt: Prompt) -> str:
        """What it answers.

        Raises:
            PhaselineError: it does not, or used a tool.
        """


@dataclass(frozen=True)
class Gordon:
    """`docker ai`. `folder` is the rendered one whose gordon-mcp.yml names no MCP servers."""

    folder: Path
    seconds: float = SECONDS
    probe_seconds: float = docker_ai.PROBE_SECONDS
    name: str = "gordon"

    def obstacle(self) -> str:
        """As `Assistant`."""
        return docker_ai.obstacle(self.probe_seconds)

    def ask(self, prompt: Prompt) -> str:
        """As `Assistant`."""
        secrets = redaction.of_environment()
        return docker_ai.ask(prompt.whole, self.folder, limit=self.seconds, secrets=secrets)


@dataclass(frozen=True)
class DockerAgent:
    """docker-agent with the rendered `config`."""

    config: Path
    seconds: float = SECONDS
    probe_seconds: float = docker_ai.PROBE_SECONDS
    name: str = "docker-agent"

    def obstacle(self) -> str:
        """As `Assistant`."""
        return docker_agent.obstacle(self.config, self.probe_seconds)

    def ask(self, prompt: Prompt) -> str:
        """As `Assistant`."""
        secrets = redaction.of_environment()
        return docker_agent.ask(prompt.question, self.config, limit=self.seconds, secrets=secrets)


@dataclass(frozen=True)
class Model:
    """A model behind an OpenAI-compatible API, told by `environment`; see `told`."""

    environment: Mapping[str, str]
    seconds: float = SECONDS
    name: str = "model"

    def obstacle(self) -> str:
        """As `Assistant`: nothing is sent before a model is named and, at OpenAI's, a key given."""
        if not self.environment.get(MODEL):
            return f"{MODEL} is not set"
        if not self.environment.get(BASE) and not self.environment.get(KEY):
            return f"neither {BASE} nor {KEY} is set"
        if urlsplit(self._endpoint.base).scheme not in ("http", "https"):
            return f"{BASE} is no http address"
        return ""

    def ask(self, prompt: Prompt) -> str:
        """As `Assistant`."""
        said = (prompt.instructions, prompt.question)
        return chat.complete(self._endpoint, *said, limit=self.seconds, schema=prompt.schema)

    @property
    def _endpoint(self) -> chat.Endpoint:
        base = self.environment.get(BASE) or DEFAULT_BASE
        key = self.environment.get(KEY, "")
        return chat.Endpoint(base=base, model=self.environment.get(MODEL, ""), key=key)


@dataclass(frozen=True)
class Choice:
    """Who was chosen, and why none before it.

    Attributes:
        assistant: None for the built-in rules.
        refused: each that cannot be asked, with its reason.
    """

    assistant: Assistant | None
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return self.assistant.name if self.assistant else builtin.NAME

    def __str__(self) -> str:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in self.refused)
        return f"assistant: {self.name}" + (f" ({reasons})" if reasons else "")


def told(context: Context) -> dict[str, str]:
    """Our environment, with the model of `pipeline.yaml` where that names none."""
    model = context.workspace.settings["model"]
    named = {BASE: model["base"], MODEL: model["name"]}
    return {**{name: value for name, value in named.items() if value}, **os.environ}


def known(folder: Path, environment: Mapping[str, str] | None = None) -> tuple[Assistant, ...]:
    """All but the rules, in the order of preference; `folder` is what T004 has rendered."""
    seen = os.environ if environment is None else environment
    return (Gordon(folder / "gordon"), DockerAgent(folder / "agent.yaml"), Model(seen))


def choose(assistants: tuple[Assistant, ...], wanted: str = AUTO) -> Choice:
    """The one that is `wanted`; for `auto` the first that can be asked, else the rules.

    Raises:
        InvalidConfiguration: there is none of that name.
        HostUnfit: it was named, and cannot be asked.
    """
    if wanted == builtin.NAME:
        return Choice(None)
    chosen = [one for one in assistants if wanted in (AUTO, one.name)]
    if not chosen:
        names = ", ".join((AUTO, *(one.name for one in assistants), builtin.NAME))
        raise InvalidConfiguration(f"there is no assistant {wanted!r}", fix=f"name one of {names}")
    refused: list[tuple[str, str]] = []
    for one in chosen:
        reason = one.obstacle()
        if not reason:
            return Choice(one, tuple(refused))
        refused.append((one.name, reason))
    if wanted != AUTO:
        raise HostUnfit(
            f"{wanted} cannot be asked", why=refused[0][1], fix="see docs/assistants.md"
        )
    return Choice(None, tuple(refused))


def advise(target: Target, choice: Choice) -> Advice:
    """What the chosen one says of `target`, checked; what it says amiss is told, and the rules are
    used. The rules' findings are there in any case.

    Raises:
        InvalidConfiguration: the file is no Dockerfile.
    """
    own = builtin.advise(target)
    return _vetted(target, _asked(target, choice.assistant, own) if choice.assistant else own)


def _asked(target: Target, assistant: Assistant, own: Advice) -> Advice:
    journal.current().progress(f"asks {assistant.name} about {target.path}")
    try:
        if len(target.text.encode()) > prompts.LARGEST:
            raise CheckFailed(f"{target.path} is larger than {prompts.LARGEST} bytes")
        said = answer.parse(assistant.ask(prompts.of_target(target)), assistant.name)
    except PhaselineError as error:
        why = f"{error.what}: {error.why}" if error.why else error.what
        note = f"{assistant.name} gave no advice, so the rules do: {' '.join(why.split())[:400]}"
        return replace(own, notes=(note, *own.notes))
    return replace(said, findings=(*own.findings, *said.findings))


def _vetted(target: Target, advice: Advice) -> Advice:
    """`advice` with its patch only if that may be applied, and in our own form of a diff."""
    if not advice.patch.strip():
        return replace(advice, patch="")
    try:
        new = patches.apply(advice.patch, target.path, target.text)
        guard.vet(target, new)
    except CheckFailed as error:
        return replace(advice, patch="", notes=(*advice.notes, f"{error.what}: {error.why}"))
    return replace(advice, patch=patches.diff(target.path, target.text, new))


def lines_of(choice: Choice, advice: Advice) -> Iterator[str]:
    """Who advised and why, the ratings, what was found and noted: for people and for logs."""
    yield str(choice)
    yield ", ".join(f"{dimension} {score}" for dimension, score in advice.ratings.items())
    for one in advice.findings:
        where = f"line {one.line}" if one.line else "whole file"
        yield f"{one.severity:<7} {where:<10} {one.rule}: {one.message}; {one.fix}"
    yield from advice.notes
