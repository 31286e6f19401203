"""A step's key: the digest of all that it depends on, kept as a tree of named parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import phaseline
from phaseline.core.files import digest_file, digest_text
from phaseline.core.workspace import Context
from phaseline.engine import paths
from phaseline.engine.graph import Step

Parts = dict[str, Any]


def parts(step: Step, context: Context, upstream: Mapping[str, str]) -> Parts:
    """The tree that the key is the digest of.

    Args:
        upstream: for each needed step, what it has made (see `record.Record.effect`).
    """
    pipeline = context.pipeline.model_dump(mode="json", by_alias=True)
    names = {component.name for component in context.components}
    return {
        "code": code_digest(),
        "step": f"{step.id} {step.kind}",
        "operator": f"{step.run.__module__}.{step.run.__qualname__}" if step.run else "",
        "settings": {name: pipeline[name] for name in step.settings},
        "components": [c for c in pipeline["components"] if c["name"] in names],
        "inputs": paths.digests(step.inputs, context),
        "upstream": dict(sorted(upstream.items())),
    }


def digest(tree: Parts) -> str:
    """The key itself: sha256 as hex over the canonical JSON of its parts."""
    return digest_text(json.dumps(tree, sort_keys=True))


def changed(old: Parts, new: Parts) -> str:
    """The first difference between two trees in words, down to the file or field."""
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            inner = [
                k for k in sorted(before.keys() | after.keys()) if before.get(k) != after.get(k)
            ]
            more = f" and {len(inner) - 1} more" if len(inner) > 1 else ""
            return f"{name} changed: {inner[0]}{more}"
        return f"{name} changed"
    return "nothing changed"


@cache
def code_digest() -> str:
    """Digest of the package's own source and templates: coarse, but never too small."""
    folder = Path(phaseline.__file__).parent
    files = sorted((*folder.rglob("*.py"), *folder.rglob("templates/*.*")))
    return digest_text(*(f"{path.relative_to(folder)} {digest_file(path)}" for path in files))
