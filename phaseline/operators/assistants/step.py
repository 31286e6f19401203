"""T007, T008: advice on the components' Dockerfiles, as a step that never fails for it."""

from __future__ import annotations

from phaseline.core.errors import HostUnfit
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.assistants import builtin, choice, configuration, target
from phaseline.process import journal


def rate_dockerfiles(context: Context) -> Report:
    """Rate the Dockerfile of each component by the rules, and ask whom `pipeline.yaml` names.

    Advice is no gate: what is found stands in the log, the number of findings in the summary.

    Raises:
        InvalidConfiguration: a file is no Dockerfile, which its build would not take either.
    """
    chosen = _chosen(context)
    told = []
    for component in context.components:
        if found := target.of_component(context, component):
            advice = choice.advise(found, chosen)
            for line in (found.path, *choice.lines_of(chosen, advice), *advice.patch.splitlines()):
                journal.current().line(line)
            told.append(f"{component.name}: {advice.total} of 80, {len(advice.findings)} findings")
    return Report(f"{', '.join(told) or 'no Dockerfile'}; {chosen}")


def rated(context: Context) -> dict[str, str]:
    """What a replay compares: the rules' findings, which are the same for the same file."""
    found = ((one.name, target.of_component(context, one)) for one in context.components)
    return {
        name: ", ".join(f"{f.line} {f.rule}" for f in builtin.judged(file.rendered())) or "none"
        for name, file in found
        if file
    }


def _chosen(context: Context) -> choice.Choice:
    wanted: str = context.workspace.settings["assistant"]
    if wanted != "rules":
        configuration.write(context)
    known = choice.known(configuration.folder(context), choice.told(context))
    try:
        return choice.choose(known, wanted)
    except HostUnfit as error:
        return choice.Choice(None, ((wanted, error.why),))
