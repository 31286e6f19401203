"""Everyday verbs on the running application: scale it, go back, look at its past and its logs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.texts import plain
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.clusters.model import kubeconfig
from phaseline.operators.deployments.endpoints import await_served
from phaseline.operators.deployments.rollout import await_rollout
from phaseline.operators.deployments.world import Object, look, title
from phaseline.operators.images.model import load_images
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools.helm import Helm, Revision, Status

FOLLOWED = 24 * 3600.0  # seconds for which logs are followed at most


def scale(context: Context, component: str, replicas: int) -> Report:
    """Have `replicas` pods of a component, and wait until they are available and get requests.

    It holds until the next `deploy-all`: what is asked for in values wins then.

    Raises:
        InvalidConfiguration: there is no such component, or it is a database.
        CheckFailed: nothing runs it; a pod does not come up. TimedOut: nor in time.
    """
    _require(context, component)
    if component in {one.name for one in context.of_role("database").components}:
        reason = "each of its pods would have data of its own"
        raise InvalidConfiguration(f"--component {component}: a database is not scaled", why=reason)
    one = _workload(context, component)
    kubectl, namespace = access.kubectl(context), context.pipeline.chart.namespace
    run(kubectl.command("scale", "-n", namespace, title(one), f"--replicas={replicas}"))
    await_rollout(context, limit=float(context.pipeline.chart.timeout_seconds))
    await_served(context)
    return Report(
        f"{component}: {replicas} available",
        lines=("until the next `invoke deploy-all`; to keep it, set it in chart.values",),
    )


def rollback(context: Context, revision: int = 0) -> Report:
    """Go back to `revision`, or to the one before, and wait until it is what answers.

    Raises:
        InvalidConfiguration: there is no such revision.
        CheckFailed: there is nothing to go back to; a pod does not come up. TimedOut: nor in time.
    """
    chart, helm = context.pipeline.chart, Helm.of(context, kubeconfig(context))
    chosen = target(helm.history(chart.release), revision)
    limit = float(chart.timeout_seconds)
    run(helm.rollback(chart.release, chosen.revision, timeout=limit))
    await_rollout(context, limit=limit)
    await_served(context)
    return Report(
        f"{chart.release} is as it was in revision {chosen.revision}",
        lines=("the next `invoke deploy-all` installs what is in the checkout again",),
    )


def history(context: Context) -> list[dict[str, object]]:
    """The release's revisions, oldest first: number, time, status, what was done."""
    found = Helm.of(context, kubeconfig(context)).history(context.pipeline.chart.release)
    return [
        {
            "revision": one.revision,
            "updated": one.updated.isoformat(timespec="seconds"),
            "status": one.status.value,
            "chart": one.chart,
            "what": one.description,
        }
        for one in found
    ]


def logs(
    context: Context, component: str, tell: Callable[[str], None], *, lines: int, follow: bool
) -> None:
    """Give `tell` the last `lines` lines of each pod of a component, and what comes if `follow`.

    Raises:
        InvalidConfiguration: there is no such component. CheckFailed: nothing runs it.
    """
    _require(context, component)
    command = _logs(context, title(_workload(context, component)), lines, follow)
    run(command, lambda line: tell(plain(line)))


def _logs(context: Context, workload: str, lines: int, follow: bool) -> Command:
    flags = ("--all-pods", "--prefix", f"--tail={lines}")
    return access.kubectl(context).command(
        "logs",
        *("-n", context.pipeline.chart.namespace, workload, *flags),
        *(("--follow",) if follow else ()),
        timeout=FOLLOWED if follow else 60.0,
    )


def _require(context: Context, component: str) -> None:
    known = [one.name for one in context.pipeline.components]
    if component not in known:
        raise InvalidConfiguration(
            f"--component {component}: there is no such component", fix=f"one of {', '.join(known)}"
        )


def _workload(context: Context, component: str) -> Object:
    image = load_images(context).get(component)
    found = running(look(context).workloads, image.repository) if image else None
    if found is None:
        raise CheckFailed(f"nothing runs {component}", fix="`invoke deploy`")
    return found


def running(workloads: Iterable[Object], repository: str) -> Object | None:
    """The workload whose containers, not those that only prepare, are of `repository`; pure.

    Args:
        repository: as the Docker daemon names it; what was pushed has its path in a registry.
    """
    path = repository.partition("/")[2]
    for one in workloads:
        spec: Mapping[str, Any] = one["spec"]["template"]["spec"]
        if any(_name(each["image"]).endswith(f"/{path}") for each in spec["containers"]):
            return one
    return None


def _name(image: str) -> str:
    """An image's name without its tag and digest; a registry's port is no tag."""
    place, slash, last = image.partition("@")[0].rpartition("/")
    return f"{place}{slash}{last.partition(':')[0]}"


def target(revisions: Iterable[Revision], wanted: int) -> Revision:
    """The revision to go back to: `wanted`, or for 0 the newest that worked before this one.

    Raises:
        InvalidConfiguration: `wanted` is none of them. CheckFailed: there is none to go back to.
    """
    known = list(revisions)
    if wanted:
        for one in known:
            if one.revision == wanted:
                return one
        numbers = ", ".join(str(one.revision) for one in known)
        raise InvalidConfiguration(f"--revision {wanted}: there is none", fix=f"one of {numbers}")
    worked = [one for one in known[:-1] if one.status is Status.SUPERSEDED]
    if not worked:
        raise CheckFailed("there is no revision to go back to", fix="`invoke app.history`")
    return worked[-1]
