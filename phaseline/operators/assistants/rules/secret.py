"""Security: no secrets in the image, its history or the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.reading import Dockerfile
from phaseline.operators.assistants.rules.model import Hit, rule

SECRET_NAME = re.compile(
    r"(PASSW(OR)?D|SECRET(_?KEY(_?BASE)?)?|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)(_?ID)?$",
    re.IGNORECASE,
)
SECRET_TEXT = re.compile(
    r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|AKIA[0-9A-Z]{16}|glpat-[\w-]{20,}"
    r"|xox[abpr]-[\w-]{10,}|sk-[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{36}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?<=://)[^/\s:@$]+:[^/\s:@$]+(?=@)"
    r"|(?<=Authorization: )(Bearer|Basic) [^\s$\"']{8,}"
)
_SECRET_FILE = re.compile(
    r"(^|/)(\.env(\.\w+)?|\.netrc|\.pypirc|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)"
    r"|credentials(\.json)?|\.aws/?|\.ssh/?|\.docker/config\.json|\.kube/?|[^/]+\.(pem|p12|pfx|key))$"
)
_PUBLIC = re.compile(
    r"\.env\.(example|sample|template|dist)$|(ca|cert|chain|bundle|pub)[^/]*\.pem$"
)


@rule(
    "security.secret-in-environment",
    Severity.HIGH,
    "give it to the container when it starts, or to the build by `RUN --mount=type=secret`",
)
def secret_in_environment(file: Dockerfile) -> Iterator[Hit]:
    """ENV and the defaults of ARG stand in the image's configuration, for whoever pulls it."""
    for one in (*file.before, *(one for _, one in file.every)):
        for name, value in one.pairs if one.name in ("ENV", "ARG") else ():
            if SECRET_NAME.search(name) and value and not value.startswith("/"):
                yield Hit(one.start, f"{name} is set in the image")


@rule(
    "security.secret-as-argument",
    Severity.HIGH,
    "use `RUN --mount=type=secret`: the history of an image shows its build arguments",
)
def secret_as_argument(file: Dockerfile) -> Iterator[Hit]:
    """Build arguments stand in the history of each layer that used them."""
    for one in (*file.before, *(one for _, one in file.every)):
        for name, value in one.pairs if one.name == "ARG" else ():
            if SECRET_NAME.search(name) and not value:
                yield Hit(one.start, f"{name} is given as a build argument")


@rule(
    "security.secret-copied",
    Severity.HIGH,
    "keep it out by .dockerignore, and mount it where it is needed",
)
def secret_copied(file: Dockerfile) -> Iterator[Hit]:
    """What one layer holds, no later layer takes away."""
    for _, one in file.every:
        for source in one.sources if one.name in ("COPY", "ADD") and not one.flag("from") else ():
            if _SECRET_FILE.search(source) and not _PUBLIC.search(source):
                yield Hit(one.start, f"{source} is copied into a layer")


@rule(
    "security.secret-written",
    Severity.HIGH,
    "revoke it, for it is known by now, and use `RUN --mount=type=secret`",
)
def secret_written(file: Dockerfile) -> Iterator[Hit]:
    """A password or token stands in the file."""
    for _, one in file.every:
        texts = (one.text, *one.heredocs)
        if any(SECRET_TEXT.search(text) for text in texts):
            yield Hit(one.start, "a password or token is written here")
