"""Security: no root, nothing unverified; secrets are in `secret.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.edits import Edit
from phaseline.operators.assistants.reading import Dockerfile, Instruction
from phaseline.operators.assistants.rules.model import APT, Hit, installs, packages, rule, runs
from phaseline.operators.assistants.shell import Call

_FETCHING = frozenset({"curl", "wget"})
_CHECKS = re.compile(
    r"(sha(1|224|256|384|512)sum|shasum|b2sum|md5sum|gpg2?|gpgv|cosign|minisign)\b"
)
_SHELLS = frozenset({"ash", "bash", "dash", "node", "perl", "php", "python", "python3", "ruby"})
_ROOT = frozenset({"root", "0"})
_UNTRUSTED = re.compile(
    r"\bcurl\b[^;&|]*\s(-[a-zA-Z]*k[a-zA-Z]*|--insecure)(\s|$)|--no-check-certificate"
    r"|--trusted-host|--allow-unauthenticated|strict-ssl[\s=]+false|http\.sslVerify[\s=]+false"
    r"|--allow-untrusted|--nogpgcheck|NODE_TLS_REJECT_UNAUTHORIZED=.?0|GIT_SSL_NO_VERIFY"
)


@rule(
    "security.runs-as-root",
    Severity.HIGH,
    "end with `USER` and a number above 0 that owns only what it must write",
)
def runs_as_root(file: Dockerfile) -> Iterator[Hit]:
    """Who breaks out of a process of root is root."""
    user = file.final.last("USER")
    name = user.rest.strip().strip("\"'").partition(":")[0] if user else ""
    if name in _ROOT or (not name and not _has_own_user(file)):
        line = user.start if user else file.final.start.start
        found = f"it runs as {name}" if name else "no USER is named, so it runs as root"
        yield Hit(line, found, _with_user(file, user))


def _has_own_user(file: Dockerfile) -> bool:
    root = file.final.root
    return not root.known or "nonroot" in root.tag or "rootless" in root.tag


def _with_user(file: Dockerfile, user: Instruction | None) -> tuple[Edit, ...]:
    if user and user in file.final.instructions:
        later = [one for one in file.final.instructions if one.start > user.start]
        if not any(one.name in ("RUN", "COPY", "ADD") for one in later):
            return (Edit(user.start, user.end, ("USER 10001:10001",)),)
    commands = file.final.of("CMD", "ENTRYPOINT")
    if not commands:
        return ()
    return (Edit(commands[0].start, commands[0].start - 1, ("USER 10001:10001",)),)


@rule(
    "security.download-piped-to-shell",
    Severity.HIGH,
    "fetch it to a file, compare its checksum, then run it",
)
def download_piped_to_shell(file: Dockerfile) -> Iterator[Hit]:
    """Whatever the server sends is run as root."""
    for _, one in runs(file.every):
        if _is_piped(one) or re.search(r"\b(ba|da)?sh\b[^;&|]*<?\(\s*(curl|wget)\b", one.script):
            yield Hit(one.start, "a download is run without having been looked at")


def _is_piped(one: Instruction) -> bool:
    fetching = False
    for call in one.calls:
        fetching = call.program in _FETCHING or (fetching and call.joined == "|")
        shell = call.program in _SHELLS or call.program.endswith("sh")
        if fetching and shell and call.joined == "|":
            return True
    return False


@rule(
    "security.download-unverified",
    Severity.MEDIUM,
    'compare a checksum in the same RUN: `echo "$SUM  file" | sha256sum -c -`',
)
def download_unverified(file: Dockerfile) -> Iterator[Hit]:
    """A file from the network is used as it comes."""
    for _, one in runs(file.every):
        fetched = [call for call in one.calls if call.program in _FETCHING and _keeps(call)]
        if fetched and not _CHECKS.search(one.script) and not _is_piped(one):
            yield Hit(one.start, f"{fetched[0].program} fetches a file that nothing is compared to")


def _keeps(call: Call) -> bool:
    return any("://" in word or word.startswith("$") for word in call.arguments)


@rule(
    "security.add-from-network",
    Severity.MEDIUM,
    "name what it must be: `ADD --checksum=sha256:…`",
)
def add_from_network(file: Dockerfile) -> Iterator[Hit]:
    """ADD takes whatever the address gives."""
    for _, one in file.every:
        remote = [s for s in one.sources if re.match(r"https?://|git@", s)]
        if one.name == "ADD" and remote and not one.flag("checksum") and "#" not in remote[0]:
            yield Hit(one.start, f"{remote[0]} is taken as it comes")


@rule(
    "security.unverified-connection",
    Severity.HIGH,
    "leave the option out; add the authority's certificate if it is your own",
)
def unverified_connection(file: Dockerfile) -> Iterator[Hit]:
    """Whoever stands between can put in what he likes."""
    for _, one in file.every:
        if one.name in ("RUN", "ENV") and _UNTRUSTED.search(one.script + one.text):
            yield Hit(one.start, "certificates or signatures are not checked")


@rule(
    "security.writable-by-all",
    Severity.MEDIUM,
    "give the one user that writes it ownership instead: `COPY --chown`",
)
def writable_by_all(file: Dockerfile) -> Iterator[Hit]:
    """Every process may change the program."""
    for _, one in file.every:
        modes = [
            call.operands[0] for call in one.calls if call.program == "chmod" and call.operands
        ]
        wide = [mode for mode in (*modes, one.flag("chmod")) if _is_wide(mode)]
        if wide:
            yield Hit(one.start, f"the mode {wide[0]} lets everybody write")


def _is_wide(mode: str) -> bool:
    if re.fullmatch(r"0?[0-7]{3}", mode):
        return int(mode[-1]) & 2 != 0
    return bool(re.search(r"(^|,)(a|o|ug?o)?\+[rx]*w", mode)) and not mode.startswith(("u+", "g+"))


@rule("security.sudo", Severity.MEDIUM, "switch by USER: a build is root until it says otherwise")
def sudo(file: Dockerfile) -> Iterator[Hit]:
    """A way back to root, in the image."""
    for _, one in runs(file.every):
        installed = any(
            "sudo" in packages(call) for call in installs(one, *APT, "apk", "dnf", "yum")
        )
        if installed or re.search(r"(^|[;&|]\s*)sudo\s", one.script):
            yield Hit(one.start, "sudo is used or installed")


@rule(
    "security.privileged-build",
    Severity.HIGH,
    "leave the flag out: a build needs neither the machine's network nor its devices",
)
def privileged_build(file: Dockerfile) -> Iterator[Hit]:
    """A step of the build leaves its sandbox."""
    for _, one in runs(file.every):
        if one.flag("security") == "insecure" or one.flag("network") == "host":
            yield Hit(one.start, "this RUN asks for the machine's privileges or network")


@rule("security.ssh-server", Severity.MEDIUM, "use `kubectl exec` or `docker exec`")
def ssh_server(file: Dockerfile) -> Iterator[Hit]:
    """A second door, with keys of its own."""
    for _, one in file.shipped:
        installed = one.name == "RUN" and any(
            {"openssh-server", "openssh"} & set(packages(call))
            for call in installs(one, *APT, "apk", "dnf", "yum")
        )
        if installed or (one.name == "EXPOSE" and {"22", "22/tcp"} & set(one.args)):
            yield Hit(one.start, "the image has an SSH server")


@rule("security.setuid", Severity.HIGH, "give the process the one capability that it needs")
def setuid(file: Dockerfile) -> Iterator[Hit]:
    """Whoever may run it becomes its owner."""
    for _, one in file.shipped:
        modes = [
            call.operands[0] for call in one.calls if call.program == "chmod" and call.operands
        ]
        if any(re.search(r"^[ug]*\+[rwx]*s|^0?[246][0-7]{3}$", mode) for mode in modes):
            yield Hit(one.start, "a program runs as its owner, whoever calls it")


@rule(
    "security.docker-socket",
    Severity.HIGH,
    "use the API server, with a service account that may only do what is needed",
)
def docker_socket(file: Dockerfile) -> Iterator[Hit]:
    """Who has the daemon's socket has the machine."""
    for _, one in file.every:
        if one.name in ("VOLUME", "ENV") and "docker.sock" in one.rest:
            yield Hit(one.start, "it wants the Docker daemon's socket")
