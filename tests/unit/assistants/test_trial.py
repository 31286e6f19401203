"""A patch on trial is undone byte by byte, also by the next run; and what is worse is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.operators.assistants import patches
from phaseline.operators.assistants.comparison import Checked, worse
from phaseline.operators.assistants.target import Target, of_file
from phaseline.operators.assistants.trial import Trial, recover
from tests.unit.engine.toy import workspace

OLD = "FROM a:1\r\nUSER 1"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = workspace(tmp_path)
    (tmp_path / "Dockerfile").write_bytes(OLD.encode())
    (tmp_path / "Dockerfile").chmod(0o640)
    return made


def begun(context: Context) -> Trial:
    target = of_file(context, str(context.workspace.root / "Dockerfile"))
    patch = patches.diff("Dockerfile", OLD, OLD.replace("1", "2"))
    trial = Trial(context, target, patch)
    trial.begin()
    return trial


def test_it_is_kept_or_undone_with_its_mode(context: Context) -> None:
    file = context.workspace.root / "Dockerfile"
    begun(context).undo()
    assert file.read_bytes() == OLD.encode()
    assert file.stat().st_mode & 0o777 == 0o640
    begun(context).keep()
    assert "USER 2" in file.read_text()
    assert recover(context) == ""


def test_one_that_was_cut_off_is_undone_by_the_next(context: Context) -> None:
    begun(context)
    assert "as it was before" in recover(context)
    assert (context.workspace.root / "Dockerfile").read_bytes() == OLD.encode()
    assert recover(context) == ""


def test_what_was_edited_since_is_left_alone(context: Context) -> None:
    begun(context)
    (context.workspace.root / "Dockerfile").write_text("FROM mine\n")
    assert "left as it is" in recover(context)
    assert (context.workspace.root / "Dockerfile").read_text() == "FROM mine\n"


def test_a_file_that_changed_since_it_was_rated_is_not_touched(context: Context) -> None:
    patch = patches.diff("Dockerfile", "FROM b\n", "FROM c\n")
    with pytest.raises(InvalidConfiguration, match="was changed since"):
        Trial(context, Target("Dockerfile", "FROM b\n"), patch)


def test_files_outside_of_the_checkout_are_refused(context: Context, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    for name in ("../x", "/etc/hostname", "absent", "link", "."):
        with pytest.raises(InvalidConfiguration, match="there is no such file"):
            of_file(context, name)


GOOD = Checked(frozenset({"T9"}), Counter({"a r.x": 1}), {"a cache": 9})
JUDGED = [
    (GOOD, []),
    (Checked(frozenset(), Counter(), {"a cache": 10}), []),
    (Checked(frozenset({"T9", "T8"}), GOOD.findings, GOOD.ratings), ["T8 fails"]),
    (Checked(GOOD.failed, Counter({"a r.x": 2}), GOOD.ratings), ["new finding: a r.x"]),
    (Checked(GOOD.failed, Counter({"a r.y": 1}), GOOD.ratings), ["new finding: a r.y"]),
    (
        Checked(GOOD.failed, GOOD.findings, {"a cache": 8}),
        ["rating of a cache falls from 9 to 8"],
    ),
]


@pytest.mark.parametrize(("after", "told"), JUDGED)
def test_what_is_worse(after: Checked, told: list[str]) -> None:
    assert worse(GOOD, after) == told
