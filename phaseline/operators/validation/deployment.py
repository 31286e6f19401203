"""Which deployment it was that was tested: what its results are bound to."""

from __future__ import annotations

import json
from collections.abc import Mapping

from phaseline.core.errors import CheckFailed
from phaseline.core.files import digest_text
from phaseline.core.workspace import Context
from phaseline.operators.clusters import model
from phaseline.operators.deployments import projection, standing
from phaseline.operators.images.model import load_images

_OF_RELEASE = ("installed", "revision")


def bound(context: Context) -> dict[str, str]:
    """Names of what is deployed now.

    `image:COMPONENT` is the ID that was built, `running:REFERENCE` the one that runs under a name,
    `manifest` the sha256 of what was applied, `objects` the digest of what the release's objects
    hold, `revision` and `installed` the release's, `cluster` its name.

    Raises:
        CheckFailed: nothing is deployed.
    """
    release = standing.identity(context)
    objects = {name: held for name, held in release.items() if "/" in name}
    return {
        "cluster": model.require(context).name,
        **{name: release[name] for name in _OF_RELEASE},
        "manifest": f"sha256:{release['manifest']}",
        "objects": f"sha256:{digest_text(json.dumps(objects, sort_keys=True))}",
        **{f"image:{name}": one.id for name, one in load_images(context).items()},
        **{f"running:{name}": one for name, one in projection.running(context).items()},
    }


def title(known: Mapping[str, str]) -> str:
    """Which one it is, for a message."""
    return f"revision {known['revision']} in {known['cluster']}, manifest {known['manifest'][:19]}"


def require_same(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """See that what was tested is what is there now.

    Raises:
        CheckFailed: naming what is another one.
    """
    names = sorted(before.keys() | after.keys())
    if changed := [name for name in names if before.get(name) != after.get(name)]:
        raise CheckFailed(
            "the deployment changed while it was tested",
            why="; ".join(f"{n}: {before.get(n)}, then {after.get(n)}" for n in changed),
            fix="run `invoke validate` again",
        )
