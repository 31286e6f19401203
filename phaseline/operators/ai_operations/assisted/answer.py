"""The answer of an assistant to a request, taken only in the one form that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from phaseline.core.errors import CheckFailed
from phaseline.core.texts import plain
from phaseline.operators.ai_operations.plans.model import Operation, Plan
from phaseline.operators.ai_operations.plans.wishing import wishes

_LONGEST = 200_000  # characters that are looked at
Text = Annotated[str, Field(min_length=1, max_length=600)]


class Proposed(BaseModel):
    """What an assistant may answer: operations, or an explanation alone, or a question.

    How it is verified that a plan came true is not for it to say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reading: Text
    operations: Annotated[tuple[Operation, ...], Field(max_length=25)] = ()
    explanation: Annotated[tuple[Text, ...], Field(max_length=40)] = ()
    question: Annotated[str, Field(max_length=600)] = ""

    def plan(self, request: str, source: str) -> Plan:
        """The same as a plan of `source`, with what is to come true after its operations."""
        return Plan(
            request=request,
            source=source,
            reading=printable(self.reading),
            explanation=tuple(printable(one) for one in self.explanation),
            operations=self.operations,
            wishes=wishes(self.operations),
        )


def schema() -> dict[str, Any]:
    """The JSON schema of an answer."""
    return Proposed.model_json_schema()


def parse(text: str, assistant: str) -> Proposed:
    """The answer in `text`: its last JSON object of that form, whatever is printed around it.

    Lines may be indented or broken at spaces, as programs do that render Markdown.

    Raises:
        CheckFailed: there is none; the field that is amiss is named.
    """
    lines = [plain(line).strip() for line in text[-_LONGEST:].split("\n")]
    why = "it holds no JSON object"
    for found in reversed(list(_objects(" ".join(lines)))):
        try:
            return Proposed.model_validate(found)
        except (ValidationError, KeyError, TypeError, AttributeError) as error:
            why = _amiss(error)
            break
    raise CheckFailed(f"the answer of {assistant} cannot be read", why=why)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in `text` that are not part of another."""
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        try:
            found, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield found
        place = text.find("{", end)


def _amiss(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "an object of it lacks what objects have"
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return printable(f"{where}: {first['msg']}" if where else first["msg"])[:300]


def printable(text: str) -> str:
    """`text` in one line, without what would command a terminal."""
    return plain(" ".join(text.split()))
