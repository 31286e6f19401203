"""The answer of a model, taken only in the one form that was asked for."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from phaseline.core.errors import CheckFailed
from phaseline.core.texts import plain
from phaseline.operators.assistants.advice import BEST, Advice, Dimension, Finding, Severity

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(?P<inside>.*)\n\s*```\s*", re.DOTALL)
Rating = Annotated[int, Field(ge=0, le=BEST)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Said(_Strict):
    """One finding of a model."""

    dimension: Annotated[Dimension, Field(strict=False)]
    severity: Annotated[Severity, Field(strict=False)]
    line: Annotated[int, Field(ge=0)]
    message: Text
    fix: Text


class Answer(_Strict):
    """The whole answer: a rating in each dimension, findings, and a patch or nothing."""

    ratings: dict[Annotated[Dimension, Field(strict=False)], Rating] = Field(
        min_length=len(Dimension)
    )
    findings: list[Said] = Field(max_length=60)
    patch: Annotated[str, Field(max_length=100_000)] = ""


def parse(text: str, assistant: str) -> Advice:
    """The advice in `text`: one JSON object, alone or in one fence. What it says is made printable.

    Raises:
        CheckFailed: it is anything else; the field is named.
    """
    fenced = _FENCED.fullmatch(text)
    try:
        answer = Answer.model_validate_json(fenced["inside"] if fenced else text.strip())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        why = plain(f"{where}: {first['msg']}" if where else first["msg"])
        raise CheckFailed(f"the answer of {assistant} cannot be read", why=why[:300]) from error
    return Advice(
        assistant=assistant,
        ratings=answer.ratings,
        findings=tuple(_finding(one, assistant) for one in answer.findings),
        patch=answer.patch,
    )


def _finding(said: Said, assistant: str) -> Finding:
    return Finding(
        rule=assistant,
        dimension=said.dimension,
        severity=said.severity,
        line=said.line,
        message=_printable(said.message),
        fix=_printable(said.fix),
    )


def _printable(text: str) -> str:
    return plain(" ".join(text.split()))
