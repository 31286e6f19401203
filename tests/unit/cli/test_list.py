from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tasks

TREE = Path(__file__).parents[3]


def test_the_list_reads_like_a_table_of_contents() -> None:
    argv = [sys.executable, "-m", "invoke", "--list"]
    done = subprocess.run(argv, cwd=TREE, capture_output=True, text=True, timeout=60, check=True)
    for phase in tasks.GRAPH.phases.values():
        line = next(
            line
            for line in done.stdout.splitlines()
            if line.split()[:1] == [phase.name] or f"({phase.name})" in line
        )
        assert f"Phase {phase.number}: " in line
    assert "deploy-all" in done.stdout
