"""T047: start-up, latency, throughput, memory and processors against the budgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.files import digest_sha256, write_atomic, write_json
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access, use
from phaseline.operators.deployments import world
from phaseline.operators.images.model import load_images
from phaseline.operators.images.pulse import pulse
from phaseline.operators.services import live
from phaseline.operators.validation import deployment, figures, load, plot
from phaseline.operators.validation.figures import Figure, Use
from phaseline.process import journal


def folder(context: Context) -> Path:
    """Where figures and plot lie."""
    return context.state / "validation"


def plot_file(context: Context) -> Path:
    """The load drawn."""
    return folder(context) / "performance.svg"


def check_performance(context: Context) -> Report:
    """Put a load on the application, and hold what is measured against the budgets.

    Raises:
        CheckFailed: naming each figure beyond its budget, or the deployment changed meanwhile.
    """
    before = deployment.bound(context)
    budgets = context.pipeline.budgets
    names = image_names(context)
    idle = used(context, names)
    requests = _loaded(context)
    found = [
        *figures.of_starts(_pods(context), names, budgets.start_seconds),
        *(figures.of_load(requests, budgets) if requests else ()),
        *figures.of_use(idle, used(context, names), budgets),
    ]
    untold = _untold(context, idle, requests)
    for line in (*map(str, found), *untold):
        journal.current().line(line)
    deployment.require_same(before, deployment.bound(context))
    written = _keep(context, found, untold, requests)
    require(found)
    return Report(_summary(found, untold), {**before, **written})


def require(found: list[Figure]) -> None:
    """See that every figure keeps within its budget.

    Raises:
        CheckFailed: naming each that does not.
    """
    if over := [str(one) for one in found if not one.ok]:
        raise CheckFailed(
            "the application is beyond its budgets",
            why="; ".join(over),
            fix="see what slows it (`invoke ai.optimize`), or set `budgets` in pipeline.yaml",
        )


def image_names(context: Context) -> dict[str, str]:
    """The component of each image, by the name that the cluster's pods give it."""
    there = access.provider(context).loaded(list(load_images(context).values()))
    return {one.reference: name for name, one in there.items()}


def used(context: Context, names: dict[str, str]) -> dict[str, Use]:
    """What each component's largest pod uses now; nothing where no kubelet tells."""
    with access.api(context) as api:
        told = use.summaries(api, api.items("/api/v1/nodes"))
    return figures.of_summaries(told.values(), _pods(context), names)


def url(context: Context) -> str:
    """What is asked; empty where the budgets name no address."""
    budgets = context.pipeline.budgets
    return live.places(context)[budgets.address] + budgets.path if budgets.address else ""


def _loaded(context: Context) -> list[load.Request]:
    budgets, place = context.pipeline.budgets, url(context)
    if not place:
        return []
    with pulse(f"asks {place} for {budgets.seconds:g} s"):
        return load.put(place, clients=budgets.clients, seconds=budgets.seconds)


def _pods(context: Context) -> list[Any]:
    pods = world.look(context).pods
    return [p for p in pods if world.serves(p) and "deletionTimestamp" not in p["metadata"]]


def _untold(context: Context, idle: dict[str, Use], requests: list[load.Request]) -> list[str]:
    told = [] if requests else ["no load: budgets name no address"]
    lacking = sorted({one.name for one in context.pipeline.components} - idle.keys())
    return told + ([f"no kubelet tells what is used by {', '.join(lacking)}"] if lacking else [])


def _keep(
    context: Context, found: list[Figure], untold: list[str], requests: list[load.Request]
) -> dict[str, str]:
    """Write figures and plot; returns their digests."""
    rows = {"version": 1, "figures": [one.row() for one in found], "untold": untold}
    kept = {"figures": write_json(folder(context) / "performance.json", rows)}
    if requests:
        budgets = context.pipeline.budgets
        title = f"{len(requests)} requests by {budgets.clients} clients: time to the answer"
        kept["plot"] = write_atomic(plot_file(context), plot.svg(requests, title))
    return {name: f"sha256:{digest_sha256(path)}" for name, path in kept.items()}


def _summary(found: list[Figure], untold: list[str]) -> str:
    figure = {one.case: one.figure for one in found}
    told = [f"{len(found)} figures within their budgets"]
    if "throughput" in figure:
        told.append(
            f"{figure['throughput']:.0f} requests/s, 95 % in {figure['latency, 95 %']:.0f} ms"
        )
    return "; ".join([*told, *untold])
