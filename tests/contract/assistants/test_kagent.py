"""kagent's agent over A2A, as a server that behaves as documented, well and unwell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from phaseline.core.errors import PhaselineError
from phaseline.operators.ai_operations.assisted import answer, prompts
from phaseline.operators.ai_operations.assisted.known import Kagent
from phaseline.operators.assistants.prompts import Prompt
from tests.contract.assistants.server import Chat, Reply
from tests.contract.assistants.test_requests import ODD, SCALE, world

PLAN = json.dumps({"reading": "one more replica of web", "operations": [SCALE]})


def agent(chat: Chat, *replies: Reply, seconds: float = 5.0) -> Kagent:
    chat.replies = list(replies)
    base = chat.base.removesuffix("/v1")
    return Kagent(environment={"KAGENT_URL": base}, agent="toy-requests", seconds=seconds)


def result(content: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": content}).encode())


def task(state: str, text: str) -> Reply:
    """A task, as documented."""
    artifact = {"artifactId": "a", "parts": [{"kind": "text", "text": text}]}
    return result({"kind": "task", "id": "t", "status": {"state": state}, "artifacts": [artifact]})


def message(text: str) -> Reply:
    parts = [{"kind": "text", "text": text}]
    return result({"kind": "message", "role": "agent", "messageId": "m", "parts": parts})


@pytest.mark.parametrize("reply", [task("completed", PLAN), message(PLAN)], ids=["task", "message"])
def test_its_answer_is_a_plan_like_any_other(chat: Chat, reply: Reply) -> None:
    one = agent(chat, reply)
    plan = answer.parse(one.ask(prompts.of_request(ODD, world())), "kagent").plan(ODD, "kagent")
    assert plan.source == "kagent"
    assert [op.do for op in plan.operations] == ["scale"]
    [(path, _, body)] = chat.requests
    assert path == "/api/a2a/kagent/toy-requests/"
    assert (body["jsonrpc"], body["method"]) == ("2.0", "message/send")
    assert body["params"]["message"]["role"] == "user"


FAILS = b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "no model"}}'
UNWELL = {
    "an error": (Reply(200, FAILS), "no model"),
    "failed": (task("failed", "x"), "task is failed"),
    "wants approval": (task("input-required", "x"), "task is input-required"),
    "a page": (Reply(502, b"<html>bad gateway</html>"), "something else than A2A"),
    "a list": (Reply(200, b"[]"), "something else than A2A"),
    "slow": (Reply(wait=2.0), "in time"),
}


@pytest.mark.parametrize(("reply", "why"), UNWELL.values(), ids=UNWELL.keys())
def test_what_is_no_answer_is_told(chat: Chat, reply: Reply, why: str) -> None:
    with pytest.raises(PhaselineError) as caught:
        agent(chat, reply, seconds=0.5).ask(Prompt("a", "b"))
    assert why in f"{caught.value.what}: {caught.value.why}"


def test_what_keeps_it_from_being_asked_is_told(chat: Chat) -> None:
    nowhere = Kagent(environment={}, agent="x", seconds=1.0)
    assert nowhere.obstacle() == "KAGENT_URL is not set"
    assert "answers 501" in agent(chat).obstacle()  # it serves no cards
    gone = Kagent(environment={"KAGENT_URL": "http://127.0.0.1:9"}, agent="x", seconds=1.0)
    assert "does not answer" in gone.obstacle()
