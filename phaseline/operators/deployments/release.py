"""The Helm release: installed or upgraded, then watched until it works."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed
from phaseline.core.files import digest_text
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import parse
from phaseline.operators.charts.rendering import chart_folder, values_file
from phaseline.operators.clusters import access
from phaseline.operators.clusters.model import kubeconfig
from phaseline.operators.deployments.rollout import await_rollout
from phaseline.operators.deployments.world import look
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools.helm import Helm, Status


def install_release(context: Context) -> Report:
    """Install the chart, or upgrade the release, and wait until every workload is available.

    A release that an ended run left half-way is put back first.

    Raises:
        CommandFailed: helm refuses; its words are in the message.
        CheckFailed, TimedOut: a workload does not come up; see `rollout.await_rollout`.
    """
    chart = context.pipeline.chart
    helm = Helm.of(context, kubeconfig(context))
    _mend(helm, chart.release)
    journal.progress(f"applying {chart.release}")
    limit = float(chart.timeout_seconds)
    run(helm.upgrade(chart.release, chart_folder(context), values_file(context), timeout=limit))
    count = await_rollout(context, limit=limit)
    identity = _identity(helm, chart.release)
    return Report(f"revision {identity['revision']}, {count} workloads available", identity)


def install_release_stands(context: Context) -> Standing:
    """Whether the release is deployed, all its objects are there and its workloads available."""
    release = Helm.of(context, kubeconfig(context)).status(context.pipeline.chart.release)
    if release is None or release.info.status is not Status.DEPLOYED:
        return Standing(False, f"the release is {release.info.status if release else 'gone'}")
    if gone := _gone(context, release.manifest):
        return Standing(False, f"{gone[0]} is gone")
    world = look(context)
    if world.unfinished:
        return Standing(False, world.unfinished[0])
    return Standing(True, f"revision {release.version} is deployed and available")


def _identity(helm: Helm, name: str) -> dict[str, str]:
    release = helm.status(name)
    if release is None:
        raise CheckFailed(f"the release {name} is gone", why="something removed it meanwhile")
    return {
        # a release that was deleted and made again begins at the same revision
        "installed": release.info.first_deployed.isoformat(),
        "revision": str(release.version),
        "manifest": digest_text(release.manifest),
    }


def _gone(context: Context, manifest: str) -> list[str]:
    with access.api(context) as api:
        return api.absent(parse(manifest), context.pipeline.chart.namespace)


def _mend(helm: Helm, name: str) -> None:
    revisions = helm.history(name)
    if not revisions or not revisions[-1].status.pending:
        return
    good = [one.revision for one in revisions if one.status in (Status.DEPLOYED, Status.SUPERSEDED)]
    journal.progress(f"putting back the release, which was left {revisions[-1].status}")
    run(helm.rollback(name, good[-1]) if good else helm.uninstall(name))
