"""Run a command whose Debian maintainer scripts start no services, and leave no trace of that.

Run as `unshare --mount python -m phaseline.tools.without_services COMMAND…`: in that mount
namespace the two programs that scripts start services with are `true`. It ends with the command,
`kill -9` included, whereas a policy-rc.d file would stay.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

STARTERS = ("/usr/sbin/invoke-rc.d", "/usr/bin/deb-systemd-invoke")
_MOUNT, _TRUE = "/usr/bin/mount", "/usr/bin/true"


def main(argv: list[str]) -> None:
    """Cover the starters, then become `argv`; exit with mount's code where that fails."""
    for starter in filter(os.path.exists, STARTERS):
        process = os.posix_spawn(_MOUNT, [_MOUNT, "--bind", _TRUE, starter], os.environ)
        if status := os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]):
            raise SystemExit(status)
    os.execvp(argv[0], argv)  # noqa: S606 - becoming the command is the purpose


def prefix() -> tuple[str, ...]:
    """What to put before a command, so that it runs like that; needs root."""
    module = Path(__file__).with_suffix("").name
    return ("unshare", "--mount", sys.executable, "-m", f"{__package__}.{module}")


if __name__ == "__main__":
    main(sys.argv[1:])
