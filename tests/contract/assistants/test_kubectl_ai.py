"""kubectl-ai as a stand-in that behaves as documented: limited, read-only, and not believed."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed, TimedOut
from phaseline.operators.ai_operations.assisted import reading
from phaseline.operators.ai_operations.assisted.known import KubectlAi
from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.assistants.prompts import Prompt
from tests.contract.assistants.test_requests import ODD, SCALE, world
from tests.contract.toolchain.stand_ins import stand_in

KEY = "sk-tell-nobody-0123456789abcdef"
TOLD = {"PHASELINE_MODEL": "small", "OPENAI_BASE_URL": "http://m/v1", "OPENAI_API_KEY": KEY}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KubectlAi:
    """kubectl-ai that is not installed yet, and a kubectl that prints its arguments."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2hunter2")
    (tmp_path / "state").mkdir()
    stand_in(tmp_path, "real-kubectl", 'echo "$@"')
    return KubectlAi(
        folder=tmp_path / "state",
        environment=TOLD,
        kubectl=lambda: tmp_path / "real-kubectl",
        account=lambda: nullcontext(tmp_path / "kubeconfig"),
        iterations=4,
        seconds=10.0,
    )


def install(tmp_path: Path, does: str) -> None:
    """kubectl-ai that `does` this when it is asked, and notes how."""
    at = shlex.quote(str(tmp_path))
    noting = f"printf '%s\\n' \"$@\" > {at}/asked; env > {at}/env; cat > {at}/given"
    script = f'case "$1" in version) echo "version: 0.0.28" ;; *) {noting}; {does} ;; esac'
    stand_in(tmp_path / "bin", "kubectl-ai", script)


def says(tmp_path: Path, text: str) -> str:
    (tmp_path / "said").write_text(text)
    return f"cat {shlex.quote(str(tmp_path / 'said'))}"


def test_what_keeps_it_from_being_asked_is_told(made: KubectlAi, tmp_path: Path) -> None:
    assert made.obstacle() == "it is not installed: `invoke setup --with kubectl-ai`"
    install(tmp_path, "true")
    assert made.obstacle() == ""


def test_its_plan_is_read_from_rendered_markdown(made: KubectlAi, tmp_path: Path) -> None:
    answer = {"reading": "one more replica of the web server", "operations": [SCALE]}
    broken = json.dumps(answer).replace(" of the ", " of\n   the ")
    text = f"\x1b[32m  Running: kubectl get pods\x1b[0m\n\n  I suggest:\n\n   {broken}\n\n"
    install(tmp_path, says(tmp_path, text))
    plan = reading.read(ODD, world(), "kubectl-ai", (made,), [])
    assert plan.source == "kubectl-ai"
    assert plan.reading == "one more replica of the web server"
    assert [one.do for one in plan.operations] == ["scale"]


def test_it_is_quiet_limited_and_knows_none_of_our_secrets(made: KubectlAi, tmp_path: Path) -> None:
    install(tmp_path, "echo fine")
    assert made.ask(Prompt("be good", "what is wrong?")) == "fine\n"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert {"--quiet", "--skip-permissions=false", "--max-iterations=4"} <= set(asked)
    assert f"--kubeconfig={tmp_path / 'kubeconfig'}" in asked
    assert asked[-2:] == ["be good", "what is wrong?"]
    seen = (tmp_path / "env").read_text()
    assert f"OPENAI_API_KEY={KEY}" in seen
    assert "OPENAI_ENDPOINT=http://m/v1" in seen
    assert f"XDG_CONFIG_HOME={tmp_path / 'state'}" in seen
    assert "hunter2" not in seen
    assert (tmp_path / "given").read_text() == ""


def test_what_it_proposes_is_no_more_allowed_than_a_models(made: KubectlAi, tmp_path: Path) -> None:
    other = {**SCALE, "target": {**SCALE["target"], "namespace": "kube-system"}}
    install(tmp_path, says(tmp_path, json.dumps({"reading": "x", "operations": [other]})))
    with pytest.raises(Refused, match="the plan of kubectl-ai is not allowed"):
        reading.read(ODD, world(), "kubectl-ai", (made,), [])


def test_an_exit_code_of_0_is_not_believed(made: KubectlAi, tmp_path: Path) -> None:
    install(tmp_path, "echo 'Maximum number of iterations reached.'")
    with pytest.raises(CommandFailed, match="came to no end in 4 iterations"):
        made.ask(Prompt("a", "b"))


def test_one_that_wants_to_write_or_hangs_gives_way_to_the_rules(
    made: KubectlAi, tmp_path: Path
) -> None:
    install(tmp_path, "echo 'Error: RunOnce mode cannot handle permission requests' >&2; exit 1")
    notes: list[str] = []
    plan = reading.read("scale web to 3", world(), "kubectl-ai", (made,), notes)
    assert plan.source == "rules"
    assert "cannot handle permission requests" in notes[0]
    install(tmp_path, "sleep 30")
    slow = KubectlAi(**{**vars(made), "seconds": 0.5})
    with pytest.raises(TimedOut):
        slow.ask(Prompt("a", "b"))


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        (["get", "pods", "-n", "team"], True),
        (["logs", "web", "--previous"], True),
        (["get", "pods", "--server=https://192.0.2.1"], False),
        (["get", "pods", "-s", "https://192.0.2.1"], False),
        (["get", "pods", "--token", "x"], False),
        (["--kubeconfig=/etc/kubernetes/admin.conf", "get", "pods"], False),
        (["get", "pods", "--as=system:admin"], False),
        (["proxy"], False),
        (["exec", "web", "--", "id"], False),
    ],
)
def test_its_kubectl_takes_no_other_identity(
    made: KubectlAi, tmp_path: Path, words: list[str], taken: bool
) -> None:
    install(tmp_path, "true")
    made.ask(Prompt("a", "b"))
    guarded = tmp_path / "state" / "bin" / "kubectl"
    ran = subprocess.run([guarded, *words], capture_output=True, text=True, env=dict(os.environ))
    assert (ran.stdout.split() == words) is taken
    assert (ran.returncode == 0) is taken
