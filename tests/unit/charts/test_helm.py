"""helm's command lines, and its answers as it gave them (4.3.1, a real API server)."""

from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.tools.helm import Helm, Status

CHART, VALUES = Path("/c"), Path("/v.yaml")
LISTED = """[{"name":"todo-app","namespace":"todo","revision":"2","updated":
"2026-11-23 10:38:00.425878428 +0000 UTC","status":"deployed","chart":"todo-app-0.1.0",
"app_version":"0.1.0"}]"""
HISTORY = """[{"revision":1,"updated":"2026-11-23T10:37:59.152668395Z","status":"superseded",
"chart":"todo-app-0.1.0","app_version":"0.1.0","description":"Install complete"},
{"revision":2,"updated":"2026-11-23T10:38:00.425878428Z","status":"pending-upgrade",
"chart":"todo-app-0.1.0","app_version":"0.1.0","description":"Preparing upgrade"}]"""


@pytest.fixture
def helm(tmp_path: Path) -> Helm:
    return Helm(Path("/bin/helm"), tmp_path, "ns", tmp_path / "kubeconfig")


def answering(folder: Path, *, stdout: str = "", stderr: str = "", code: int = 0) -> Helm:
    """A helm whose program prints what is given."""
    (folder / "out").write_text(stdout)
    (folder / "err").write_text(stderr)
    program = folder / "helm"
    program.write_text(f"#!/bin/sh\ncat {folder}/out\ncat {folder}/err >&2\nexit {code}\n")
    program.chmod(0o755)
    return Helm(program, folder, "ns")


def test_it_uses_no_folder_or_cluster_of_the_users(helm: Helm, tmp_path: Path) -> None:
    env = helm.command("list").env
    homes = [value for name, value in env.items() if name.endswith("_HOME")]
    assert len(homes) == 3
    assert all(value and value.startswith(str(tmp_path)) for value in homes)
    assert env["KUBECONFIG"] == str(tmp_path / "kubeconfig")
    assert env["HELM_KUBECONTEXT"] is None
    assert Helm(helm.program, tmp_path, "ns").command("list").env["KUBECONFIG"] == "/dev/null"


def test_command_lines(helm: Helm) -> None:
    lines = [
        str(helm.template("r", CHART, VALUES, kubernetes="v1.36.3")),
        str(helm.lint(CHART, VALUES)),
        str(helm.upgrade("r", CHART, VALUES, description="run 7", timeout=60)),
        str(helm.rollback("r", 3, timeout=60)),
        str(helm.uninstall("r", timeout=60)),
    ]
    assert lines == [
        "/bin/helm template r /c --values=/v.yaml --kube-version=v1.36.3 --namespace=ns",
        "/bin/helm lint /c --strict --quiet --values=/v.yaml --namespace=ns",
        "/bin/helm upgrade r /c --values=/v.yaml --install --create-namespace --server-side=true "
        "--force-conflicts --disable-openapi-validation --reset-values --history-max=10 "
        "--timeout=60s '--description=run 7' --namespace=ns",
        "/bin/helm rollback r 3 --server-side=true --force-conflicts --history-max=10 "
        "--timeout=60s --namespace=ns",
        "/bin/helm uninstall r --ignore-not-found --timeout=60s --namespace=ns",
    ]


def test_the_time_limit_leaves_helm_time_to_say_why(helm: Helm) -> None:
    assert helm.upgrade("r", CHART, timeout=60).timeout > 60


def test_releases(tmp_path: Path) -> None:
    (one,) = answering(tmp_path, stdout=LISTED).releases()
    assert (one.name, one.revision, one.status) == ("todo-app", 2, Status.DEPLOYED)


def test_history(tmp_path: Path) -> None:
    revisions = answering(tmp_path, stdout=HISTORY).history("todo-app")
    assert [one.revision for one in revisions] == [1, 2]
    assert [one.status.pending for one in revisions] == [False, True]
    assert revisions[0].updated.tzinfo is not None


def test_no_such_release(tmp_path: Path) -> None:
    helm = answering(tmp_path, stderr="Error: release: not found\n", code=1)
    assert helm.history("r") == ()


def test_other_failures_are_no_answer(tmp_path: Path) -> None:
    helm = answering(tmp_path, stderr="Error: connection refused\n", code=1)
    with pytest.raises(CommandFailed, match="connection refused"):
        helm.history("r")
