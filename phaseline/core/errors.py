"""The error tree. Only the edges turn an error into an exit code and a message.

PhaselineError
├── Fatal                   trying again changes nothing
│   ├── InvalidConfiguration  (ValueError)       exit 2
│   ├── HostUnfit                                exit 3
│   │   └── ToolMissing       (FileNotFoundError)
│   ├── CommandFailed                            exit 1
│   ├── CheckFailed           (AssertionError)   exit 1
│   ├── UntrustedDownload                        exit 1
│   ├── CannotReplay                             exit 6
│   └── Interrupted                              exit 130
└── Retryable               the same call may work later
    ├── TimedOut              (TimeoutError)     exit 1
    ├── Unreachable           (ConnectionError)  exit 1
    └── LockHeld                                 exit 4
"""

from __future__ import annotations


class PhaselineError(Exception):
    """The root. It says what happened, why, and what to do.

    Args:
        what: one sentence, no trailing period needed.
        why: the cause, as near to the source as it could be had; may span lines.
        fix: what the user can do; empty when nothing is known.
    """

    code = "error"
    exit_code = 1

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        lines = [self.what]
        lines += [f"  cause: {self.why}"] if self.why else []
        lines += [f"  fix:   {self.fix}"] if self.fix else []
        return "\n".join(lines)


class Fatal(PhaselineError):
    """Trying again without a change cannot help."""

    code = "fatal"


class Retryable(PhaselineError):
    """The same call may succeed later."""

    code = "retryable"


class InvalidConfiguration(Fatal, ValueError):
    """`pipeline.yaml`, an option or an environment variable is wrong; the field is named."""

    code = "invalid-configuration"
    exit_code = 2


class HostUnfit(Fatal):
    """The machine lacks something that no step may change unasked: root, disk, a kernel feature."""

    code = "host-unfit"
    exit_code = 3


class ToolMissing(HostUnfit, FileNotFoundError):
    """A program is nowhere to be had: not on PATH, not cached, not released, not buildable."""

    code = "tool-missing"

    def __str__(self) -> str:
        return PhaselineError.__str__(self)


class CommandFailed(Fatal):
    """An external program ended with an exit code that its module does not accept."""

    code = "command-failed"


class CheckFailed(Fatal, AssertionError):
    """A check ran and found the world not as it should be."""

    code = "check-failed"


class UntrustedDownload(Fatal):
    """A fetched file is truncated or does not have its published digest; it was discarded."""

    code = "untrusted-download"


class CannotReplay(Fatal):
    """A phase could not be replayed, so nothing is known of its outputs, good or bad."""

    code = "cannot-replay"
    exit_code = 6


class Interrupted(Fatal):
    """The user pressed Ctrl-C, or the run was told to stop."""

    code = "interrupted"
    exit_code = 130


class TimedOut(Retryable, TimeoutError):
    """A wait reached its limit; `why` carries the last state that was seen."""

    code = "timed-out"


class Unreachable(Retryable, ConnectionError):
    """A server did not answer: a registry, the Docker daemon, the API server."""

    code = "unreachable"


class LockHeld(Retryable):
    """Another run holds the lock; the message names its process and command."""

    code = "lock-held"
    exit_code = 4
