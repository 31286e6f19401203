"""How a request can end other than well. Each is an exit code of `invoke ai`; see `--help`.

PhaselineError
└── Fatal
    ├── Refused          exit 5   it is understood, and not allowed or not approved
    ├── NotUnderstood    exit 7   it is not understood, or in two ways; says what was nearest
    ├── PutBack          exit 1   it did not come true, and all is as it was
    └── NotPutBack       exit 8   it did not come true, and something could not be put back
"""

from __future__ import annotations

from phaseline.core.errors import Fatal


class Refused(Fatal):
    """A plan that is not allowed, not approved, or not the one that was approved."""

    code = "refused"
    exit_code = 5


class NotUnderstood(Fatal):
    """Words that stand for nothing, for two things, or for something that is not there."""

    code = "not-understood"
    exit_code = 7


class PutBack(Fatal):
    """What was wished for did not come true in time; what was applied is undone."""

    code = "put-back"


class NotPutBack(Fatal):
    """What was applied could not be undone in full; says what is left."""

    code = "not-put-back"
    exit_code = 8
