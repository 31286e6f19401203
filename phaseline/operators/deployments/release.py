"""The Helm release: installed or upgraded, then watched until it works."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.errors import CheckFailed, PhaselineError, TimedOut
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
from phaseline.tools.helm import Helm, Release, Status


def install_release(context: Context) -> Report:
    """Install the chart, or upgrade the release, and wait until every workload is available.

    Raises:
        As `apply`.
    """
    return apply(context, values_file(context))


def apply(
    context: Context, *values: Path, settings: tuple[str, ...] = (), reuse: bool = False
) -> Report:
    """Bring the release to the chart with `values` and wait until every workload is available.

    A release that an ended run left half-way is put back first. One that does not come up is put
    back as it was; a first one stays as it is, to be looked at.

    Args:
        settings: `path=value`, laid over the files.
        reuse: begin with the values that the release has.

    Raises:
        CommandFailed: helm refuses; its words are in the message.
        CheckFailed, TimedOut: a workload does not come up; see `rollout.await_rollout`.
    """
    chart = context.pipeline.chart
    helm = Helm.of(context, kubeconfig(context))
    before = _mend(helm, chart.release)
    journal.progress(f"applying {chart.release}")
    limit = float(chart.timeout_seconds)
    wanted = helm.upgrade(
        chart.release,
        chart_folder(context),
        *values,
        settings=settings,
        reuse=reuse,
        timeout=limit,
    )
    run(wanted)
    try:
        count = await_rollout(context, limit=limit)
    except (CheckFailed, TimedOut) as error:
        raise _put_back(helm, chart.release, before, error) from error
    identity = _identity(context, helm)
    return Report(f"revision {identity['revision']}, {count} workloads available", identity)


def install_release_stands(context: Context) -> Standing:
    """Whether the release is deployed, its objects are as they were left and all is available."""
    helm = Helm.of(context, kubeconfig(context))
    release = helm.status(context.pipeline.chart.release)
    if release is None or release.info.status is not Status.DEPLOYED:
        return Standing(False, f"the release is {release.info.status if release else 'gone'}")
    identity = _told(context, release)
    if gone := [name for name, state in identity.items() if not state]:
        return Standing(False, f"{gone[0]} is gone")
    unfinished = look(context).unfinished
    seen = f"revision {release.version} is deployed and available, and nothing in it was altered"
    return Standing(not unfinished, unfinished[0] if unfinished else seen, identity)


def _identity(context: Context, helm: Helm) -> dict[str, str]:
    name = context.pipeline.chart.release
    release = helm.status(name)
    if release is None:
        raise CheckFailed(f"the release {name} is gone", why="something removed it meanwhile")
    return _told(context, release)


def _told(context: Context, release: Release) -> dict[str, str]:
    with access.api(context) as api:
        objects = api.states(parse(release.manifest), context.pipeline.chart.namespace)
    return {
        # a release that was deleted and made again begins at the same revision
        "installed": release.info.first_deployed.isoformat(),
        "revision": str(release.version),
        "manifest": digest_text(release.manifest),
        **objects,
    }


def _mend(helm: Helm, name: str) -> int:
    """Undo what an ended run left half-way; the newest revision that worked, 0 for none."""
    revisions = helm.history(name)
    good = [one.revision for one in revisions if one.status in (Status.DEPLOYED, Status.SUPERSEDED)]
    if revisions and revisions[-1].status.pending:
        journal.progress(f"putting back the release, which was left {revisions[-1].status}")
        run(helm.rollback(name, good[-1]) if good else helm.uninstall(name))
    return good[-1] if good else 0


def _put_back(helm: Helm, name: str, revision: int, error: PhaselineError) -> PhaselineError:
    """Go back to `revision`; the error that says so, too."""
    if not revision:
        return error
    journal.progress(f"putting back revision {revision}")
    run(helm.rollback(name, revision))
    told = f"{error.why}\n{name} was put back as it was in revision {revision}".strip()
    return type(error)(error.what, why=told, fix=error.fix)
