"""T046: the quickstart's own commands, run in a clean copy of the checkout."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.errors import CheckFailed
from phaseline.core.files import digest_sha256
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.images.pulse import pulse
from phaseline.operators.validation.sessions import HOME
from phaseline.process.command import Command
from phaseline.process.run import attempt

DOCUMENT = Path("specs/011-k8s-deployment/quickstart.md")
SCRIPT = Path("scripts/validate-quickstart.sh")
LIMIT = 1740.0  # seconds; a first run on a machine builds the tools
_STOP = 60.0  # seconds in which the copy is torn down


def check_quickstart(context: Context) -> Report:
    """Run the document as its readers would, and see that each block prints what it promises.

    It deploys an application of its own beside the one at hand, and takes it down again. Where the
    workspace is another one than the checkout, the document is not about it.

    Raises:
        CheckFailed: a command fails, or prints something else; it names the block.
    """
    if context.workspace.root.resolve() != HOME.resolve():
        return Report("not tried: the quickstart is of phaseline's own checkout, not of this one")
    command = Command(argv=("bash", str(HOME / SCRIPT)), cwd=HOME, timeout=LIMIT, stop=_STOP)
    with pulse("runs the quickstart in a clean copy"):
        ended = attempt(command)
    if ended.code:
        raise CheckFailed("the quickstart does not do what it says", why=ended.tail)
    summary = ended.stdout.strip().splitlines()[-1]
    return Report(summary, {"quickstart": f"sha256:{digest_sha256(HOME / DOCUMENT)}"})
