"""kubectl-ai v0.0.28: an agent that looks at a cluster by kubectl, asked once and left.

Documented are its flags and environment variables; it prints Markdown. Its exit code is 0 also when
it has used up its iterations, and 1 when it, being quiet, wanted to change something. What it takes
for reading is not limited well (`--server` and `--token` go unchecked), so its kubectl refuses what
would take another identity, and its kubeconfig is that of an account that may only look.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phaseline.core.errors import CommandFailed
from phaseline.core.files import write_atomic
from phaseline.process.command import Command
from phaseline.process.run import run

_USED_UP = "Maximum number of iterations reached."
_KEPT = frozenset({"LANG", "LC_ALL", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE"})
_REFUSED = (
    *("-s*", "--server*", "--token*", "--kubeconfig*", "--context*", "--cluster*", "--user*"),
    *("--as*", "--insecure*", "--certificate*", "--client*", "--password*", "--tls*", "proxy"),
    *("config", "exec", "cp", "attach", "debug", "port-forward", "auth", "plugin"),
)


@dataclass(frozen=True, kw_only=True)
class Call:
    """How it is called.

    Attributes:
        folder: holds its configuration, as XDG_CONFIG_HOME; it writes nowhere else.
        kubectl: the program that it looks with; kubeconfig: the account that it looks as.
        base, model, key: an OpenAI-compatible API; the key may be empty for a server that needs
            none.
        limit: seconds; iterations: turns.
    """

    program: Path
    folder: Path
    kubectl: Path
    kubeconfig: Path
    base: str
    model: str
    key: str = field(repr=False)
    iterations: int
    limit: float


def ask(question: str, call: Call) -> str:
    """What it answers.

    Raises:
        CommandFailed: it fails, wanted to change something, or did not come to an end.
        TimedOut, ToolMissing: as `run`.
    """
    bin_ = call.folder / "bin"
    write_atomic(bin_ / "kubectl", _guarded(call.kubectl), mode=0o755)
    flags = (
        *("--quiet", "--skip-permissions=false", f"--max-iterations={call.iterations}"),
        *("--llm-provider=openai", f"--model={call.model}", f"--kubeconfig={call.kubeconfig}"),
    )
    command = Command(
        argv=(str(call.program), *flags, question),
        cwd=call.folder,
        env=_environment(call, bin_),
        timeout=call.limit,
        secrets=(call.key,) if call.key else (),
    )
    said = run(command)
    if _USED_UP in said.stdout:
        raise CommandFailed(f"kubectl-ai came to no end in {call.iterations} iterations")
    return said.stdout


def _environment(call: Call, programs: Path) -> Mapping[str, str | None]:
    """Nothing of ours but what networks and languages need: what it runs could print the rest."""
    without = {name: None for name in os.environ if name.upper() not in _KEPT}
    return {
        **without,
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(call.folder),
        "XDG_CONFIG_HOME": str(call.folder),
        "KUBECONFIG": str(call.kubeconfig),
        "OPENAI_API_KEY": call.key or "none",  # it takes no empty one
        "OPENAI_ENDPOINT": call.base,
    }


def _guarded(kubectl: Path) -> str:
    """A kubectl that refuses what would take another identity, or is no look."""
    return f"""#!/bin/sh
for word in "$@"; do
  case "$word" in
  {" | ".join(_REFUSED)})
    echo "refused: $word" >&2
    exit 1
    ;;
  esac
done
exec {shlex.quote(str(kubectl))} "$@"
"""
