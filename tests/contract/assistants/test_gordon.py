"""Gordon, held to the documented interface of `docker ai` by a docker that behaves so."""

from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.core.errors import HostUnfit, PhaselineError
from phaseline.operators.assistants import choice
from phaseline.operators.assistants.choice import Choice, DockerAgent, Gordon, Model
from phaseline.operators.assistants.target import Target
from tests.contract.assistants.programs import DOCKERFILE, Programs, answer
from tests.contract.toolchain.stand_ins import Said

TARGET = Target("Dockerfile", DOCKERFILE)
HANGING = "exec sleep 60"


def gordon(programs: Programs) -> Gordon:
    folder = programs.folder / "gordon"
    folder.mkdir(exist_ok=True)
    return Gordon(folder, seconds=2.0, probe_seconds=1.0)


def test_it_is_asked_in_an_empty_folder_with_nothing_to_answer_it(programs: Programs) -> None:
    programs.docker("ai", ai=programs.says(answer()))
    one = gordon(programs)
    assert one.obstacle() == ""
    advice = choice.advise(TARGET, Choice(one))
    assert advice.assistant == "gordon"
    assert "+COPY run.sh /run.sh" in advice.patch
    assert advice.ratings["security"] == 9  # type: ignore[index]
    assert {one.rule for one in advice.findings} == {"practice.add-for-copy", "gordon"}
    assert programs.asked[:3] == ["ai", "-C", str(one.folder)]
    assert len(programs.asked) == 4
    assert (programs.given, programs.where) == ("", one.folder)
    assert list(one.folder.iterdir()) == []


def test_colours_and_a_fence_around_the_answer_are_no_matter(programs: Programs) -> None:
    text = f"\x1b[1m```json\x1b[0m\n{answer()}\n```\n\x1b[0m"
    programs.docker("ai", ai=programs.says(text))
    assert choice.advise(TARGET, Choice(gordon(programs))).assistant == "gordon"


ABSENT = [
    ({}, "the docker on PATH has no plugin `ai`"),
    ({"err": "failed to fetch metadata: exit status 1"}, "is broken: failed to fetch metadata"),
    ({"version": "echo 'backend is not running' >&2; exit 1"}, "exit code 1: backend is not"),
    ({"version": HANGING}, "took longer than 1 s"),
]


@pytest.mark.parametrize(("how", "reason"), ABSENT)
def test_why_it_cannot_be_asked(programs: Programs, how: dict[str, str], reason: str) -> None:
    if how:
        programs.docker("ai", **how)
    assert reason in gordon(programs).obstacle()
    with pytest.raises(HostUnfit, match="gordon cannot be asked"):
        choice.choose((gordon(programs),), "gordon")
    assert not programs.was_asked


def test_without_docker_or_with_one_that_hangs_or_talks_nonsense(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = programs.folder / "bin/docker"
    for script in (HANGING, "echo nonsense", "echo '[1]'", "echo '{}'", "echo null", "exit 1"):
        program.write_text(f"#!/bin/sh\n{script}\n")
        assert gordon(programs).obstacle()
    monkeypatch.setenv("PATH", "/nowhere")
    assert gordon(programs).obstacle() == "`docker` is not there"


FAILING = {
    "a question for approval": ("printf 'Run `rm -rf /`? [Y/n/a] '", "wanted to use a tool"),
    "a tool": ("echo '• Calling read_file'; cat $at/said", "wanted to use a tool"),
    "an exit code": ("echo 'you are not signed in' >&2; exit 1", "you are not signed in"),
    "no end": (HANGING, "took longer than 2 s"),
    "a question and no end": ("printf 'Run? [Y/n/a] '; exec sleep 60", "took longer than 2 s"),
    "prose": ("echo 'I rate it 9 out of 10'", "cannot be read"),
    "nothing": ("true", "cannot be read"),
}


@pytest.mark.parametrize(("script", "why"), FAILING.values(), ids=FAILING.keys())
def test_when_it_gives_no_advice_the_rules_do_and_say_why(
    programs: Programs, script: str, why: str
) -> None:
    programs.says(answer())
    programs.docker("ai", ai=script)
    advice = choice.advise(TARGET, Choice(gordon(programs)))
    assert advice.assistant == "rules"
    assert advice.notes[0].startswith("gordon gave no advice, so the rules do")
    assert why in advice.notes[0]
    assert "+COPY run.sh /run.sh" in advice.patch


def test_a_secret_that_it_prints_is_masked_in_logs(
    programs: Programs, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_AI_TOKEN", "tell-nobody-0123")
    programs.docker("ai", ai='echo "token $DOCKER_AI_TOKEN"; echo "$DOCKER_AI_TOKEN" >&2; exit 1')
    advice = choice.advise(TARGET, Choice(gordon(programs)))
    told = [*said.lines, *advice.notes, *map(str, (done.command for done in said.commands))]
    assert any("••••••" in line for line in told)
    assert not [line for line in told if "tell-nobody" in line]


def test_a_file_that_is_too_large_for_an_argument_is_not_sent(programs: Programs) -> None:
    programs.docker("ai", ai=programs.says(answer()))
    large = Target("Dockerfile", DOCKERFILE + "# padding\n" * 5000)
    assert "is larger than" in choice.advise(large, Choice(gordon(programs))).notes[0]
    assert not programs.was_asked


def test_the_first_that_can_be_asked_is_chosen_and_each_before_it_told(
    programs: Programs, tmp_path: Path
) -> None:
    def chosen(environment: dict[str, str]) -> Choice:
        known = (gordon(programs), DockerAgent(tmp_path / "agent.yaml"), Model(environment))
        return choice.choose(known)

    model = {"PHASELINE_MODEL": "small", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    assert chosen({}).name == "rules"
    assert [name for name, _ in chosen({}).refused] == ["gordon", "docker-agent", "model"]
    assert (chosen(model).name, len(chosen(model).refused)) == ("model", 2)
    assert "gordon: the docker on PATH has no plugin" in str(chosen(model))
    programs.docker_agent("true")
    assert (chosen(model).name, len(chosen(model).refused)) == ("docker-agent", 1)
    programs.docker("ai")
    assert str(chosen(model)) == "assistant: gordon"
    known = choice.known(tmp_path)
    assert choice.choose(known, "rules").name == "rules"
    with pytest.raises(PhaselineError, match="there is no assistant 'clippy'"):
        choice.choose(known, "clippy")
