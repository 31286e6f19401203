"""`invoke image.advise` as a process: shown, asked, applied, checked, rolled back, cut off."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from phaseline.engine import bundle
from tests.contract.assistants.programs import Programs, answer
from tests.contract.assistants.server import Chat, completion
from tests.unit.command_line import invoke, start
from tests.unit.waiting import eventually

PIPELINE = """
version: 1
application: toy
components:
  - {name: one, role: backend, values: one, port: 1, build: {folder: app, dockerfile: one.j2}}
  - {name: two, role: frontend, values: two, port: 2, image: "x:1"}
chart: {folder: app, release: toy, namespace: toy}
"""
TEMPLATE = """\
FROM alpine:3.20.3
ADD run.sh /run.sh
ENV MODE=fast
USER {{ user }}
ENTRYPOINT ["/run.sh"]
"""
MENDED = TEMPLATE.replace("ADD", "COPY")
# What its Dockerfile says decides how the phase goes: ENV OPTIMISE=<how>.
TASKS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, make
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.process import groups

def build(context):
    root = context.workspace.root
    text = (root / "app/Dockerfile").read_text()
    with (root / "builds").open("a") as stream:
        stream.write(("COPY" if "COPY" in text else "ADD") + "\\n")
    if "OPTIMISE=badly" in text:
        raise CheckFailed("the build is broken")
    if "OPTIMISE=slowly" in text:
        (root / "waits").touch()
        groups.pause(60.0)
    (root / "image").write_text(text)
    return Report("built")

def size(context):
    if "OPTIMISE=large" in (context.workspace.root / "image").read_text():
        raise CheckFailed("the image is too large")
    return Report("small")

def never(context):
    if (context.workspace.root / "bad").exists():
        raise CheckFailed("it was bad before")
    return Report("fine")

GRAPH = Graph([Phase(number=2, name="containerize", title="Images", steps=(
    make("T007.dockerfile", "File", render_dockerfile, role="backend", inputs=("{dockerfile}",),
         outputs=("{folder}/Dockerfile",)),
    make("T007.image", "Image", build, role="backend", needs=("T007.dockerfile",),
         outputs=("image",)),
    check("T009", "Size", size, needs=("T007.image",)),
    check("T012", "Other", never, needs=("T007.image",), inputs=("bad",)),
))])
namespace = collection(GRAPH, Path(__file__).parent, everything=("containerize",))
"""


@pytest.fixture
def root(tmp_path: Path, programs: Programs) -> Path:
    folder = tmp_path / "checkout"
    (folder / "app").mkdir(parents=True)
    (folder / "tasks.py").write_text(TASKS)
    (folder / "pipeline.yaml").write_text(PIPELINE)
    (folder / "one.j2").write_text(TEMPLATE)
    return folder


def builds(root: Path) -> list[str]:
    return (root / "builds").read_text().split() if (root / "builds").exists() else []


def model(chat: Chat, how: str) -> dict[str, str]:
    """The environment of a model that proposes to optimise so."""
    patch = (
        "--- a/one.j2\n+++ b/one.j2\n@@ -2,2 +2,3 @@\n-ADD run.sh /run.sh\n+COPY run.sh /run.sh\n"
        f"+ENV OPTIMISE={how}\n ENV MODE=fast\n"
    )
    chat.replies = [completion(answer(patch))]
    return {"PHASELINE_MODEL": "small", "OPENAI_BASE_URL": chat.base}


def test_advice_alone_changes_nothing_and_is_evidence(root: Path) -> None:
    done = invoke(root, "image.advise")
    assert done.returncode == 0, done.stderr
    assert "one.j2: 79 of 80" in done.stdout
    assert "assistant: rules (gordon: the docker on PATH has no plugin `ai`" in done.stdout
    assert "-ADD run.sh /run.sh\n+COPY run.sh /run.sh" in done.stdout
    assert (root / "one.j2").read_text() == TEMPLATE
    assert builds(root) == []
    assert invoke(root, "verify").returncode == 0
    told = stated(root)
    assert told["internalParameters"]["parts"]["advice"]["chosen"] == "rules"
    log = next((root / ".phaseline/runs").glob("*/image.advise.log")).read_text()
    assert "practice.add-for-copy" in log


def stated(root: Path) -> dict[str, Any]:
    """The definition in the last envelope about advice."""
    lines = bundle.lines(root / ".phaseline")
    told = [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in lines]
    definitions = [one["predicate"]["buildDefinition"] for one in told]
    mine = [one for one in definitions if one["externalParameters"]["step"] == "image.advise"]
    found: dict[str, Any] = mine[-1]
    return found


def test_a_patch_is_applied_built_and_checked(root: Path) -> None:
    done = invoke(root, "image.advise", "--component", "one", "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (root / "one.j2").read_text() == MENDED
    assert "COPY run.sh" in (root / "app/Dockerfile").read_text()
    assert builds(root) == ["ADD", "COPY"]
    assert "everything was built and checked again" in done.stdout
    again = invoke(root, "image.advise", "--apply", "--yes")
    assert "80 of 80" in again.stdout
    assert "no patch is proposed" in again.stdout


@pytest.mark.parametrize(("how", "step"), [("badly", "T007.image"), ("large", "T009")])
def test_a_patch_that_makes_a_step_fail_is_rolled_back_and_built_again(
    root: Path, chat: Chat, how: str, step: str
) -> None:
    words = ("image.advise", "--component", "one", "--assistant", "model", "--apply", "--yes")
    done = invoke(root, *words, env=model(chat, how))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"one.j2 is as it was: {step} fails" in done.stdout
    assert (root / "one.j2").read_bytes() == TEMPLATE.encode()
    assert (root / "image").read_text() == (root / "app/Dockerfile").read_text()
    assert "OPTIMISE" not in (root / "image").read_text()
    assert builds(root) == ["ADD", "COPY", "ADD"]
    assert stated(root)["internalParameters"]["ending"] == "failed"
    assert invoke(root, "containerize").returncode == 0


def test_what_failed_before_is_not_the_patchs_fault(root: Path) -> None:
    (root / "bad").touch()
    done = invoke(root, "image.advise", "--apply", "--yes", "--assistant", "rules")
    assert done.returncode == 0, done.stdout
    assert (root / "one.j2").read_text() == MENDED


def test_json_is_one_document_whatever_runs(root: Path) -> None:
    done = invoke(root, "image.advise", "--apply", "--yes", "--json")
    [row] = json.loads(done.stdout)
    assert row["component"] == "one"
    assert row["findings"][0]["rule"] == "practice.add-for-copy"
    assert [one["assistant"] for one in row["refused"]] == ["gordon", "docker-agent", "model"]
    assert (row["assistant"], row["code"], sum(row["ratings"].values())) == ("rules", 0, 79)
    assert "is changed" in row["outcome"]


REFUSED = [
    (("--apply",), "--apply asks before it changes a file"),
    (("--component", "three"), "there is no such component"),
    (("--component", "two"), "none of these components is built"),
    (("--component", "one", "--file", "one.j2"), "give one of them"),
    (("--file", "../x"), "there is no such file"),
    (("--assistant", "clippy"), "there is no assistant 'clippy'"),
]


@pytest.mark.parametrize(("words", "why"), REFUSED, ids=str)
def test_what_makes_no_sense_is_refused(root: Path, words: tuple[str, ...], why: str) -> None:
    done = invoke(root, "image.advise", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert (root / "one.j2").read_text() == TEMPLATE


def test_one_that_was_named_and_is_not_there_is_an_error(root: Path) -> None:
    done = invoke(root, "image.advise", "--assistant", "gordon")
    assert (done.returncode, "gordon cannot be asked" in done.stderr) == (3, True)


def test_a_file_that_no_component_is_built_from(root: Path) -> None:
    (root / "other").mkdir()
    (root / "other/Dockerfile").write_text("FROM alpine:3.20.3\nCMD ls\nUSER 1\n")
    words = ("image.advise", "--file", "other/Dockerfile", "--apply", "--yes")
    done = invoke(root, *words)
    assert done.returncode == 0, done.stderr
    assert 'CMD ["ls"]' in (root / "other/Dockerfile").read_text()
    assert builds(root) == []
    assert "only the rules judged" in done.stdout


def test_nothing_of_a_file_commands_the_terminal(root: Path) -> None:
    text = "FROM alpine:3.20.3\n# \x1b]0;title\x07 \x1b[2J\nADD a\x1b[31m.sh /x\nCMD ls\nUSER 1\n"
    (root / "other.Dockerfile").write_text(text)
    done = invoke(root, "image.advise", "--file", "other.Dockerfile", "--json")
    assert json.loads(done.stdout)[0]["findings"]
    done = invoke(root, "image.advise", "--file", "other.Dockerfile")
    assert "practice.shell-form" in done.stdout
    assert not [c for c in done.stdout if not c.isprintable() and c != "\n"]


@pytest.mark.parametrize(("reply", "text"), [("n\n", TEMPLATE), ("\n", TEMPLATE), ("y\n", MENDED)])
def test_on_a_terminal_it_asks(root: Path, reply: str, text: str) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, reply.encode())
    done = on_terminal(root, theirs)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0
    assert "apply this to one.j2, build and check it? [y/N]" in done.stdout
    assert (root / "one.j2").read_text() == text


def on_terminal(root: Path, stdin: int) -> subprocess.CompletedProcess[str]:
    import sys

    from tests.unit.command_line import TREE

    return subprocess.run(
        (sys.executable, "-m", "invoke", "image.advise", "--apply"),
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(TREE)},
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


def waiting(root: Path, chat: Chat) -> subprocess.Popen[str]:
    """A trial that has come to a build which takes long."""
    words = ("image.advise", "--assistant", "model", "--apply", "--yes")
    process = start(root, *words, env=model(chat, "slowly"))
    assert eventually((root / "waits").exists, 60.0)
    assert "OPTIMISE=slowly" in (root / "one.j2").read_text()
    return process


def test_ctrl_c_undoes_what_is_on_trial(root: Path, chat: Chat) -> None:
    process = waiting(root, chat)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert (root / "one.j2").read_bytes() == TEMPLATE.encode()
    assert "the trial was interrupted" in told


def test_a_trial_that_was_killed_is_undone_by_the_next(root: Path, chat: Chat) -> None:
    process = waiting(root, chat)
    process.kill()
    process.communicate()
    (root / "waits").unlink()
    done = invoke(root, "image.advise", "--apply", "--yes", "--assistant", "rules")
    assert "as it was before a patch whose trial was cut off" in done.stdout
    assert (done.returncode, (root / "one.j2").read_text()) == (0, MENDED), done.stdout
