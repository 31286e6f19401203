"""The Helm release: installed or upgraded, then watched until it works."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.errors import CheckFailed, PhaselineError, TimedOut
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.charts.rendering import chart_folder, values_file
from phaseline.operators.clusters.model import kubeconfig
from phaseline.operators.deployments.naming import as_loaded
from phaseline.operators.deployments.rollout import await_rollout
from phaseline.operators.deployments.standing import identity, newest
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools.helm import Helm, Status


def install_release(context: Context) -> Report:
    """Install the chart, or upgrade the release, and wait until every workload is available.

    Raises:
        As `apply`.
    """
    return apply(context, values_file(context), *as_loaded(context))


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
    before = _mend(context, helm, chart.release)
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
    left = identity(context)
    return Report(f"revision {left['revision']}, {count} workloads available", left)


def _mend(context: Context, helm: Helm, name: str) -> int:
    """Undo what an ended run left half-way; the newest revision that worked, 0 for none."""
    last = newest(context)
    if last is None or last.status == Status.DEPLOYED:
        return last.revision if last else 0
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
