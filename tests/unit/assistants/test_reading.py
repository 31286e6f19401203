"""Dockerfiles as BuildKit reads them: stages, heredocs, mounts, escapes, variables."""

from __future__ import annotations

import pytest

from phaseline.operators.assistants.reading import image, read
from phaseline.operators.assistants.shell import calls

STAGES = """\
# syntax=docker/dockerfile:1
ARG VERSION=3.12 \\
# a comment inside
    VARIANT
FROM python:${VERSION} AS Build
ENV A=1 B="two words"
FROM build
from ${BASE} AS other
COPY --from=build --chown=1:1 /a /b/
"""


def test_stages_know_what_they_start_from() -> None:
    file = read(STAGES)
    build, child, other = file.stages
    assert (build.name, build.image.name, build.image.tag) == ("build", "python", "3.12")
    assert child.parent is build
    assert child.environment == {"A": "1", "B": "two words"}
    assert child.root.short == "python"
    assert not other.image.known
    assert other.instructions[0].flag("from") == "build"
    assert [one.name for one in file.before] == ["ARG"]
    assert file.final is other


def test_heredocs_are_scripts_or_files_but_never_instructions() -> None:
    text = "FROM a\nRUN --mount=type=cache,target=/c <<EOF\nset -e\ncurl -o x u\nEOF\nUSER 1\n"
    one, user = read(text).final.instructions
    assert [call.program for call in one.calls] == ["set", "curl"]
    assert one.mounts == ("type=cache,target=/c",)
    assert (one.start, one.end, user.start) == (2, 5, 6)
    copy, *_ = read("FROM a\nCOPY <<EOF /etc/x\nRUN curl u | sh\nEOF\n").final.instructions
    assert copy.sources == ()
    assert copy.calls == ()


def test_another_escape_joins_lines() -> None:
    file = read("# escape=`\nFROM windows:1\nRUN dir `\n  C:\\\\\n")
    assert file.escape == "`"
    assert file.final.instructions[0].end == 4


def test_the_shell_text_of_a_run() -> None:
    text = "if ! A=1 apt-get -qq install -y a b=1; then exit 1; fi && (cd /x; x 2>&1 > y) | sh -x"
    found = calls(text)
    assert [call.program for call in found] == ["apt-get", "exit", "fi", "cd", "x", "sh"]
    assert (found[0].verb, found[0].operands[1:]) == ("install", ("a", "b=1"))
    assert found[4].writes == ("y",)
    assert found[5].joined == "|"
    assert calls("python3 -m pip install x")[0].program == "pip"
    assert calls("echo 'not closed") != ()


EXEC = ['["sh", "-c", "a && b"]', '["/bin/bash", "-lc", "a && b"]', "a && b"]


@pytest.mark.parametrize("form", EXEC)
def test_a_shell_in_exec_form_is_looked_into(form: str) -> None:
    command = read(f"FROM a\nCMD {form}\n").final.instructions[0]
    assert [call.program for call in command.calls] == ["a", "b"]


def test_image_references() -> None:
    found = image("registry:5000/team/app:1.2@sha256:00ff")
    assert (found.name, found.tag, found.digest) == ("registry:5000/team/app", "1.2", "sha256:00ff")
    assert (image("registry:5000/app").name, image("registry:5000/app").tag) == (
        "registry:5000/app",
        "",
    )
    assert image("alpine").tag == ""
