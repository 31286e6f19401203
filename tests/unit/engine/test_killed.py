from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from phaseline.core.files import digest_file
from phaseline.engine import record
from tests.unit.engine.toy import workspace
from tests.unit.engine.twenty import SIZE, expected
from tests.unit.waiting import eventually

TREE = Path(__file__).parents[3]


def start(root: Path) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "tests.unit.engine.twenty", str(root)]
    return subprocess.Popen(argv, cwd=TREE)


def ran(root: Path) -> list[int]:
    file = root / "ran"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def recorded(root: Path) -> dict[int, str]:
    """Each recorded step with the digest of `in` that it was made of."""
    records = record.load_all(root / ".phaseline").values()
    return {int(one.step.removeprefix("s")): one.parts["inputs"]["in"] for one in records}


def test_no_step_is_lost_and_none_falsely_fresh_however_often_a_run_is_killed(
    tmp_path: Path,
) -> None:
    workspace(tmp_path)
    cut = 0
    for attempt in range(20):
        text = f"{attempt // 4}\n"  # four kills for each content
        (tmp_path / "in").write_text(text)
        (tmp_path / "begun").unlink(missing_ok=True)
        with start(tmp_path) as process:
            assert eventually((tmp_path / "begun").exists, 20.0)
            time.sleep((attempt * 37 % 20) * 0.006)
            process.send_signal(signal.SIGKILL)
        cut += process.returncode == -signal.SIGKILL
        whole = recorded(tmp_path)  # each record can be read, whenever the run was killed
        (tmp_path / "ran").unlink(missing_ok=True)
        if attempt % 4 == 3:
            with start(tmp_path) as process:
                assert process.wait(60) == 0
            assert set(recorded(tmp_path)) == set(range(SIZE))
            for index in range(SIZE):
                assert (tmp_path / f"{index}.out").read_text() == expected(index, text)
            again = ran(tmp_path)
            assert len(again) == len(set(again))
            # what had a record of this content was not made again, all else was
            now = digest_file(tmp_path / "in")
            kept = {index for index, made_of in whole.items() if made_of == now}
            assert set(again) == set(range(SIZE)) - kept
    assert cut >= 10  # else this has tried nothing
