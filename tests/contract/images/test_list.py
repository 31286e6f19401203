"""`invoke image.list` and `image.findings`, as a user calls them, over a real daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build
from phaseline.operators.images.checks.image import check_image
from phaseline.operators.images.daemon import connected
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.model import load_images
from tests.contract.images.scratch import DOCKERFILE, Scratch

ROOT = Path(__file__).parents[3]


def asked(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "invoke", "--search-root", str(ROOT), *arguments]
    return subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=60, check=False)


def listed(root: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(asked(root, "image.list", "--json").stdout)
    return rows


def built(scratch: Scratch, **given: Any) -> Context:
    context = scratch.write(**given)
    base_image(context)
    render_dockerfile(context)
    build(context)
    return context


def test_what_was_built_is_listed_with_its_checks_and_where_it_is(scratch: Scratch) -> None:
    context = built(scratch)
    record = load_images(context)["app"]
    (row,) = listed(scratch.root)
    assert (row["id"], row["layers"]) == (record.id, list(record.layers))
    assert row["size_mb"] == round(record.size / 1e6, 1)
    assert row["base"] == f"{record.base} (packages)"
    assert row["checks"] == "not checked yet"
    assert (row["daemon"], row["node"]) == ("yes", "this workspace has no cluster")

    check_image(context)
    table = asked(scratch.root, "image.list").stdout
    assert record.tag in table
    assert "no findings" in table

    with connected() as client:
        client.images.remove(record.reference, force=True)
    (row,) = listed(scratch.root)
    assert row["daemon"] == "no"


def test_findings_are_shown_again_and_a_bad_one_is_no_success(scratch: Scratch) -> None:
    context = built(scratch, dockerfile=DOCKERFILE.replace("EXPOSE {{ port }}", "EXPOSE 22"))
    assert "not checked yet: app" in asked(scratch.root, "image.findings").stdout
    with pytest.raises(CheckFailed):
        check_image(context)
    shown = asked(scratch.root, "image.findings")
    assert shown.returncode == 1
    assert "22/tcp instead of 8000/tcp" in shown.stdout
    assert "1 high" in shown.stdout
    (row,) = json.loads(asked(scratch.root, "image.findings", "--json").stdout)
    assert (row["rule"], row["severity"], row["subject"]) == ("IMG008", "high", "app")


def test_where_nothing_is_built_that_is_said(scratch: Scratch) -> None:
    scratch.write()
    assert "nothing is built yet" in asked(scratch.root, "image.list").stdout
    assert listed(scratch.root) == []
