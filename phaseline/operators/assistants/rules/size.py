"""Size: nothing is in the image that the program does not need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.edits import Edit
from phaseline.operators.assistants.reading import Dockerfile, Instruction
from phaseline.operators.assistants.rules.model import (
    APT,
    Hit,
    cached_at,
    installs,
    packages,
    replaced,
    rule,
    runs,
)

_TOOLCHAINS = frozenset(
    {"composer", "gcc", "golang", "gradle", "haskell", "maven", "rust", "swift"}
)
_WITH_SLIM = frozenset({"node", "perl", "python", "ruby"})
_COMPILERS = re.compile(r"(build-essential|gcc|g\+\+|clang|cmake|make|git|build-base|[\w.+-]+-dev)")
_LISTS = re.compile(r"rm\s+(-\w+\s+)+[^;&|]*/var/lib/apt/lists")


@rule(
    "size.package-lists-kept",
    Severity.MEDIUM,
    "end the RUN with `rm -rf /var/lib/apt/lists/*`",
)
def package_lists_kept(file: Dockerfile) -> Iterator[Hit]:
    """The lists are some 20 MB, and out of date when they are used."""
    for _, one in runs(file.shipped):
        if not any(installs(one, *APT)) or cached_at(one, "/var/lib/apt"):
            continue
        if not _LISTS.search(one.script):
            edits: tuple[Edit, ...] = ()
            if not one.heredocs and not one.exec_form:
                edits = replaced(file, one, r"\s*\Z", " && rm -rf /var/lib/apt/lists/*")
            yield Hit(one.start, "the package lists stay in the layer", edits)


@rule("size.recommended-packages", Severity.LOW, "install with `--no-install-recommends`")
def recommended_packages(file: Dockerfile) -> Iterator[Hit]:
    """Recommended packages are seldom needed in a container."""
    for _, one in runs(file.shipped):
        for call in installs(one, *APT):
            options = re.search(r"no-install-recommends|Install-Recommends=(0|false)", one.script)
            if not options:
                edits = replaced(file, one, r"\binstall\b", "install --no-install-recommends")
                yield Hit(one.start, f"{call.program} installs what is only recommended", edits)
                break


@rule("size.package-index-kept", Severity.LOW, "install with `apk add --no-cache`")
def package_index_kept(file: Dockerfile) -> Iterator[Hit]:
    """apk keeps its index in the layer."""
    for _, one in runs(file.shipped):
        for call in installs(one, "apk"):
            cleaned = "/var/cache/apk" in one.script or cached_at(one, "/var/cache/apk")
            if not call.has("--no-cache") and not cleaned:
                edits = replaced(file, one, r"\bapk\s+add\b", "apk add --no-cache")
                yield Hit(one.start, "apk's index stays in the layer", edits)


@rule("size.rpm-cache-kept", Severity.MEDIUM, "end the RUN with `dnf clean all`")
def rpm_cache_kept(file: Dockerfile) -> Iterator[Hit]:
    """dnf and yum keep what they have fetched."""
    for _, one in runs(file.shipped):
        installed = any(installs(one, "dnf", "microdnf", "yum"))
        cleaned = re.search(r"clean\s+all|rm\s+-\w+\s+[^;&|]*/var/cache", one.script)
        if installed and not cleaned and not cached_at(one, "/var/cache"):
            yield Hit(one.start, "what was fetched stays in the layer")


@rule("size.pip-cache-kept", Severity.LOW, "install with `--no-cache-dir`, or mount pip's cache")
def pip_cache_kept(file: Dockerfile) -> Iterator[Hit]:
    """pip keeps what it has fetched and built."""
    for stage, one in runs(file.shipped):
        if "PIP_NO_CACHE_DIR" in stage.environment or cached_at(one, "cache"):
            continue
        for call in installs(one, "pip"):
            if not call.has("--no-cache-dir"):
                edits = replaced(file, one, r"\bpip3?\s+install\b", r"\g<0> --no-cache-dir")
                yield Hit(one.start, "pip's cache stays in the layer", edits)
                break


@rule(
    "size.compilers-kept",
    Severity.MEDIUM,
    "compile in a stage of its own and copy the result, or purge them in the same RUN",
)
def compilers_kept(file: Dockerfile) -> Iterator[Hit]:
    """Compilers and headers are for the build."""
    for _, one in runs(file.shipped):
        purged = re.search(r"\b(purge|autoremove|apk\s+del|remove)\b", one.script)
        for call in installs(one, *APT, "apk", "dnf", "microdnf", "yum"):
            found = [name for name in packages(call) if _COMPILERS.fullmatch(name.split("=")[0])]
            if found and not purged and not call.has("--virtual", "-t"):
                yield Hit(one.start, f"{', '.join(found[:4])} stays in the image")


@rule(
    "size.removed-in-a-later-layer",
    Severity.MEDIUM,
    "remove it in the RUN that made it: the layer below still holds it",
)
def removed_in_a_later_layer(file: Dockerfile) -> Iterator[Hit]:
    """What an earlier layer holds stays in the image."""
    for _, one in runs(file.shipped):
        calls = [call for call in one.calls if call.program != "set"]
        cleaning = [call for call in calls if _removes(call.program, call.verb)]
        if calls and len(cleaning) == len(calls) and not one.mounts:
            yield Hit(one.start, "it removes what layers below still hold")


def _removes(program: str, verb: str) -> bool:
    return program == "rm" or (program in (*APT, "dnf", "yum") and verb in ("clean", "autoclean"))


@rule(
    "size.toolchain-in-the-image",
    Severity.MEDIUM,
    "build in that stage, and start the last one from a runtime's image",
)
def toolchain_in_the_image(file: Dockerfile) -> Iterator[Hit]:
    """The image is that of a compiler, and hundreds of megabytes larger than what runs."""
    image = file.final.root
    sdk = re.search(r"(^|[-/])(jdk|sdk|devel)\b", image.tag) or image.name.endswith("/sdk")
    if image.known and (image.short in _TOOLCHAINS or sdk):
        yield Hit(file.final.lineage[-1].start.start, f"{image.text} is there to compile")


@rule(
    "size.full-base-image",
    Severity.LOW,
    "start the last stage from the image's `-slim` or `-alpine` variant",
)
def full_base_image(file: Dockerfile) -> Iterator[Hit]:
    """The full variants hold compilers and headers, for images that are built on."""
    image = file.final.root
    official = image.name.removeprefix("docker.io/").removeprefix("library/") in _WITH_SLIM
    versioned = image.tag not in ("", "latest")  # else another rule tells what to name
    if official and versioned and not re.search(r"slim|alpine", image.tag):
        yield Hit(file.final.lineage[-1].start.start, f"{image.text} is the full variant")


@rule(
    "size.development-dependencies",
    Severity.LOW,
    "install with `--omit=dev`, and build the page in a stage before",
)
def development_dependencies(file: Dockerfile) -> Iterator[Hit]:
    """Test runners and bundlers are no part of what runs."""
    for stage, one in runs(file.shipped):
        if stage.environment.get("NODE_ENV") == "production" or "NODE_ENV=prod" in one.script:
            continue
        for call in installs(one, "npm", "yarn", "pnpm"):
            only = call.has("--production", "--prod", "-P", "--omit", "--only", "-g", "--global")
            if not only and not packages(call) and not _prunes(file):
                edits = replaced(file, one, r"\bnpm\s+ci\b", "npm ci --omit=dev")
                yield Hit(one.start, f"{call.program} installs what is for development", edits)


def _prunes(file: Dockerfile) -> bool:
    return any("prune" in one.script for _, one in runs(file.shipped))


@rule(
    "size.development-requirements",
    Severity.LOW,
    "install the requirements of what runs; those of the tests in a stage of their own",
)
def development_requirements(file: Dockerfile) -> Iterator[Hit]:
    """Test runners and linters are no part of what runs."""
    for _, one in runs(file.shipped):
        for call in installs(one, "pip"):
            if re.search(r"requirements?[-_./](dev|test)|(dev|test)[-_]requirements", one.script):
                yield Hit(one.start, f"{call.program} installs what is for development")
                break


@rule(
    "size.copied-twice",
    Severity.LOW,
    "`COPY --chown` or `--chmod`: a change of owner or mode stores each file again",
)
def copied_twice(file: Dockerfile) -> Iterator[Hit]:
    """Each file whose owner or mode is changed is in the image twice."""
    for stage in file.final.lineage:
        copied: list[Instruction] = []
        for one in stage.instructions:
            if one.name in ("COPY", "ADD"):
                copied.append(one)
            elif one.name == "RUN" and copied and _changes_all(one):
                yield Hit(one.start, "files of the layers below are stored a second time")


def _changes_all(one: Instruction) -> bool:
    return any(
        call.program in ("chown", "chmod") and call.has("-R", "--recursive") for call in one.calls
    )
