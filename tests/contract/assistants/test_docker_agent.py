"""docker-agent, held to its documented `run --exec` by a stand-in that behaves so."""

from __future__ import annotations

import json

import pytest

from phaseline.core.errors import HostUnfit
from phaseline.operators.assistants import choice
from phaseline.operators.assistants.choice import Choice, DockerAgent
from phaseline.operators.assistants.target import Target
from tests.contract.assistants.programs import DOCKERFILE, Programs, answer

TARGET = Target("Dockerfile", DOCKERFILE)


def agent(programs: Programs) -> DockerAgent:
    config = programs.folder / "agent.yaml"
    config.write_text("agents: {}\n")
    return DockerAgent(config, seconds=2.0, probe_seconds=1.0)


def events(*pieces: str, more: tuple[dict[str, object], ...] = ()) -> str:
    """What `--json` prints: one event a line, the answer in pieces."""
    told: list[dict[str, object]] = [{"type": "stream_started", "session_id": "s"}]
    told += [{"type": "agent_choice_reasoning", "content": "hm"}]
    told += [{"type": "agent_choice", "content": piece, "agent_name": "root"} for piece in pieces]
    told += [*more, {"type": "stream_stopped"}]
    return "\n".join(json.dumps(one) for one in told) + "\n"


def test_it_is_asked_with_strict_safety_and_its_pieces_are_one_answer(programs: Programs) -> None:
    text = answer()
    programs.docker_agent(programs.says("a line of its own\n" + events(text[:40], text[40:])))
    one = agent(programs)
    assert one.obstacle() == ""
    advice = choice.advise(TARGET, Choice(one))
    assert advice.assistant == "docker-agent", advice.notes
    assert "+COPY run.sh /run.sh" in advice.patch
    asked = programs.asked
    assert asked[:3] == ["run", "--exec", str(one.config)]
    assert asked[asked.index("--safety") + 1] == "strict"
    assert "--yolo" not in asked
    assert asked[-1].startswith("Rate this Dockerfile")
    assert programs.given == ""


def test_it_may_be_a_plugin_of_docker(programs: Programs) -> None:
    programs.docker("agent", agent=programs.agent(programs.says(events(answer()))))
    assert agent(programs).obstacle() == ""
    assert choice.advise(TARGET, Choice(agent(programs))).assistant == "docker-agent"


def test_why_it_cannot_be_asked(programs: Programs) -> None:
    assert "docker has no plugin `agent`" in agent(programs).obstacle()
    programs.docker("agent", err="exec format error")
    assert "is broken: exec format error" in agent(programs).obstacle()
    programs.docker_agent("true", doctor="echo 'no model has credentials' >&2; exit 1")
    assert "exit code 1: no model has credentials" in agent(programs).obstacle()
    programs.docker_agent("true", doctor="exec sleep 60")
    assert "took longer than 1 s" in agent(programs).obstacle()
    with pytest.raises(HostUnfit, match="docker-agent cannot be asked"):
        choice.choose((agent(programs),), "docker-agent")
    assert not programs.was_asked


TOOL: dict[str, object] = {"type": "tool_call_confirmation", "tool_call": {"name": "shell"}}
FAULT: dict[str, object] = {"type": "error", "error": "\x1b[31mno such model\x1b[0m"}
FAILING = {
    "a tool": (events(answer(), more=(TOOL,)), "", "wanted to use a tool"),
    "an error": (events(more=(FAULT,)), "", "no such model"),
    "an exit code": (events(answer()), "; exit 1", "exit code 1"),
    "no answer": (events(), "", "cannot be read"),
    "prose": ("It looks good!\n", "", "cannot be read"),
    "no end": ("", "; exec sleep 60", "took longer than 2 s"),
}


@pytest.mark.parametrize(("text", "then", "why"), FAILING.values(), ids=FAILING.keys())
def test_when_it_gives_no_advice_the_rules_do_and_say_why(
    programs: Programs, text: str, then: str, why: str
) -> None:
    programs.docker_agent(programs.says(text) + then)
    advice = choice.advise(TARGET, Choice(agent(programs)))
    assert advice.assistant == "rules"
    assert why in advice.notes[0]
    assert "\x1b" not in advice.notes[0]
