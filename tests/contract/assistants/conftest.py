"""A machine that has the stand-ins of a test and no assistant else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.process import journal
from tests.contract.assistants.programs import Programs
from tests.contract.assistants.server import Chat, serving
from tests.contract.toolchain.stand_ins import Said


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Stand-ins on PATH; a docker without plugins at first."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("PHASELINE_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = Programs(tmp_path)
    made.docker()
    return made


@pytest.fixture
def said() -> Said:
    """What was told while something ran."""
    made = Said()
    journal.listen(made)
    return made


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A model's server."""
    with serving() as made:
        yield made
