"""Whether policies are enforced is told by what the node runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.workspace import Context
from phaseline.operators.clusters import model, policies
from phaseline.operators.clusters.embedded.layout import POLICIES, layout
from tests.unit.clusters.test_choices import STATE
from tests.unit.engine.toy import workspace

READY = {"pid": 1, "ready": True, "restarts": 0}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return workspace(tmp_path)


@contextmanager
def node(context: Context, units: dict[str, Any]) -> Iterator[None]:
    """Processes that look like a node's supervisor, which says that it has `units`."""
    model.save(context, STATE)
    place = layout(context, STATE)
    told = {"phase": "running", "fault": "", "units": units}
    place.status.write_text(json.dumps(told))
    # `unshare` with a child, both called with the specification as their last word
    waits = 'printf "\\n"; read -r _; :'
    inner = ("sh", "-c", waits, "supervisor", str(place.specification))
    argv = ("unshare", "--fork", *inner)
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        yield
        process.communicate("\n", timeout=10)


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ({POLICIES: READY}, "network policies are enforced"),
        ({POLICIES: {**READY, "ready": False}}, "not known to be enforced: their controller"),
        ({"kubelet": READY}, "not known to be enforced: this Kubernetes was not built"),
    ],
)
def test_what_is_told_of_a_node(context: Context, units: dict[str, Any], said: str) -> None:
    with node(context, units):
        assert said in policies.told(context)


def test_of_another_provider_nothing_is_claimed(context: Context) -> None:
    model.save(context, replace(STATE, provider="minikube"))
    assert "whether minikube enforces them" in policies.told(context)
