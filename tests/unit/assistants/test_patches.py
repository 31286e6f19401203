"""Diffs are taken of one file alone, and only where they fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phaseline.core.errors import CheckFailed
from phaseline.operators.assistants import edits, patches

PATH = "dockerfiles/app.Dockerfile.j2"
OLD = "FROM a:1\nRUN one\nRUN two\nRUN three\nUSER 1\n"
HEAD = f"--- a/{PATH}\n+++ b/{PATH}\n"
GOOD = f"{HEAD}@@ -2,2 +2,2 @@\n RUN one\n-RUN two\n+RUN 2\n"
NEW = OLD.replace("two", "2")

texts = st.lists(st.sampled_from(["a", "b", "c", "", "RUN x", "-- x", "++ y"])).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(texts, texts)
def test_what_was_diffed_applies(old: str, new: str) -> None:
    patch = patches.diff(PATH, old, new)
    if old and old != new:
        assert patches.apply(patch, PATH, old) == new


@given(texts, texts)
def test_edits_between_two_texts_make_one_of_the_other(old: str, new: str) -> None:
    assert edits.apply(old, edits.between(old, new)) == new


FORMS = [
    GOOD,
    GOOD.replace("a/", "", 1).replace("b/", "", 1),
    f"diff --git a/{PATH} b/{PATH}\nindex 12ab..34cd 100644\n{GOOD}",
    GOOD.replace("-2,2 +2,2", "-2,9 +1,4"),  # counts of a model
    GOOD.replace("-2,2 +2,2", "-4,2 +4,2"),  # its place, too, where there is but one
    GOOD.replace("\n", "\r\n"),
]


@pytest.mark.parametrize("patch", FORMS)
def test_forms_that_are_taken(patch: str) -> None:
    assert patches.apply(patch, PATH, OLD) == NEW


OTHERS = [
    GOOD.replace(PATH, "pipeline.yaml"),
    GOOD.replace(f"b/{PATH}", "b/../../etc/passwd"),
    GOOD.replace(f"a/{PATH}", f"a/../{PATH}").replace(f"b/{PATH}", f"b/../{PATH}"),
    GOOD.replace(f"+++ b/{PATH}", "+++ /dev/null"),
    GOOD.replace(f"--- a/{PATH}", "--- /dev/null"),
    GOOD.replace(f"b/{PATH}", f"b//{PATH}"),
    f"{GOOD}--- a/tasks.py\n+++ b/tasks.py\n@@ -1,1 +1,2 @@\n x\n+import os\n",
    f"{GOOD}diff --git a/x b/x\nnew file mode 100755\n",
    f"diff --git a/{PATH} b/x\nrename from {PATH}\nrename to x\n{GOOD}",
    f"diff --git a/{PATH} b/{PATH}\nold mode 100644\nnew mode 120000\n{GOOD}",
    f"{GOOD}--- a/Dockerfile\n+++ b/Dockerfile\n",
    HEAD,
    "",
    "Here you are:\n" + GOOD,
    GOOD.replace("RUN 2", "RUN \x1b[2K2"),
    GOOD.replace("RUN 2", "RUN \u202e2"),
    f"{HEAD}@@ -2,1 +2,1 @@\n-RUN nine\n+RUN 9\n",
    f"{HEAD}@@ -0,0 +1,1 @@\n+RUN 9\n",
    f"{HEAD}@@ -2,1 +2,1 @@\n RUN one\n RUN one\n",
]


@pytest.mark.parametrize("patch", OTHERS)
def test_all_else_is_refused(patch: str) -> None:
    with pytest.raises(CheckFailed, match="the patch is refused"):
        patches.apply(patch, PATH, OLD)


def test_a_hunk_that_fits_twice_is_refused_unless_its_header_says_where() -> None:
    old = "FROM a\nRUN x\nUSER 1\nFROM b\nRUN x\nUSER 2\n"
    patch = f"{HEAD}@@ -%d,1 +5,1 @@\n-RUN x\n+RUN y\n"
    assert patches.apply(patch % 5, PATH, old) == old[::-1].replace("x", "y", 1)[::-1]
    with pytest.raises(CheckFailed, match="at 2 places"):
        patches.apply(patch % 4, PATH, old)


def test_line_ends_and_a_missing_last_one_are_kept() -> None:
    old = "FROM a\r\nRUN one\r\nUSER 1"
    new = old.replace("one", "two")
    assert patches.apply(patches.diff(PATH, old, new), PATH, old) == new
    assert edits.apply(old, [edits.Edit(2, 2, ("RUN two\r",))]) == new


TEMPLATE = "FROM a\n{% for p in ports %}\nEXPOSE {{ p }}\n{% endfor %}\nENV a b\nCMD x {{ y }}\n"
RENDERED = "FROM a\nEXPOSE 1\nEXPOSE 2\nENV a b\nCMD x y\n"


def test_a_change_is_carried_to_the_template_where_its_lines_stand_there() -> None:
    wanted = RENDERED.replace("ENV a b", "ENV a=b").replace("CMD x y", 'CMD ["x", "y"]')
    changes = [edits.Edit(4, 4, ("ENV a=b",)), edits.Edit(5, 5, ('CMD ["x", "y"]',))]
    assert edits.apply(RENDERED, changes) == wanted
    carried = edits.carry(changes, RENDERED, TEMPLATE)
    assert edits.apply(TEMPLATE, carried) == TEMPLATE.replace("ENV a b", "ENV a=b")


def test_changes_of_the_same_lines_are_not_made_at_once() -> None:
    one, same, before = edits.Edit(2, 3, ("x",)), edits.Edit(3, 3, ("y",)), edits.Edit(1, 0, ("z",))
    assert edits.apart([one, same, before, one]) == [before, one]
